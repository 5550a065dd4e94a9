// Reads a large file in a thread of its own, so that its next pieces arrive while the load worker looks through those
// before them. src/files/read_ahead.rs starts it and says what it is told and what it answers.

let room = 0;
let roomCame = () => {};

onmessage = ({ data }) => {
  if (data === "more") {
    room += 1;
    roomCame();
  } else {
    send(...data);
  }
};

async function send(file, pieceBytes, ahead) {
  room = ahead;
  try {
    for await (const piece of file instanceof Blob ? blobPieces(file, pieceBytes) : bodyPieces(file, pieceBytes)) {
      while (room === 0) await new Promise((came) => (roomCame = came));
      room -= 1;
      postMessage(piece, [piece.buffer]);
    }
    postMessage(null);
  } catch (error) {
    postMessage(`${error.message ?? error}`);
  }
}

// Several reads are under way at once: each waits for other processes of the browser more than it works, and three of
// them take little more than half the time of one after another.
async function* blobPieces(blob, pieceBytes) {
  const reads = [];
  let start = 0;
  const begin = () => {
    if (start >= blob.size) return;
    const read = blob.slice(start, (start += pieceBytes)).arrayBuffer();
    // The first that fails is told; those after it fail as well, and nobody waits for them.
    read.catch(() => {});
    reads.push(read);
  };
  for (let underWay = 0; underWay < 3; underWay += 1) begin();
  while (reads.length > 0) {
    const piece = await reads.shift();
    begin();
    yield new Uint8Array(piece);
  }
}

// As download.rs asks for it. What came is said first.
async function* bodyPieces(url, pieceBytes) {
  const headers = { range: "bytes=0-" };
  const options = { headers, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" };
  const response = await fetch(url, options);
  postMessage([response.status, response.headers.get("etag"), response.headers.get("last-modified")]);
  let reader;
  try {
    reader = response.body.getReader({ mode: "byob" });
  } catch {
    // A browser that fills no buffers of others gives its own, and those are small.
    for (reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  }
  for (let done = false; !done; ) {
    let buffer = new ArrayBuffer(pieceBytes);
    let len = 0;
    while (!done && len < pieceBytes) {
      const got = await reader.read(new Uint8Array(buffer, len));
      done = got.done;
      len += got.value.byteLength;
      buffer = got.value.buffer;
    }
    // The last piece is cut to its size, for the rest of its buffer would be kept with it.
    yield new Uint8Array(len < pieceBytes ? buffer.slice(0, len) : buffer);
  }
}
