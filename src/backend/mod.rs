//! One file a kind of server: a request's body out, a stream's bytes in. The SSE reader stands beside them.
