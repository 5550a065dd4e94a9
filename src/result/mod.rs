//! The result JSON: written, read (other tools' too), named. Its wire types stand apart from those in memory.
