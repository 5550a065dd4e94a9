"""Serve a GGUF model with llama.cpp's own HTTP server on the loopback interface, until the parent ends.

    python serve.py MODEL_GGUF PORT SLOTS

Needs the package xllamacpp. Prints "ready" when it listens; ends when its standard input closes.
"""
import sys

import xllamacpp


def main(model, port, slots):
    options = xllamacpp.CommonParams()
    options.model.path = model
    options.hostnames = ["127.0.0.1"]
    options.port = int(port)
    options.n_parallel = int(slots)
    options.n_ctx = 2048 * options.n_parallel
    options.cpuparams.n_threads = 2
    server = xllamacpp.Server(options)
    print("ready", server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:4])
