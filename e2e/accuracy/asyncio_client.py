"""Measure a completions server as the Python serving benchmark does, for comparison with the page.

    python asyncio_client.py BASE_URL STREAMS OUTPUT_TOKENS

Sends STREAMS requests at once with asyncio and aiohttp, each over a session of its own, reads the answers line by line,
and takes the time of a token after its JSON is parsed. Prints one JSON object: ttfts and itls in seconds, and the
processor time used. Needs the package aiohttp.
"""
import asyncio
import json
import resource
import sys
import time

import aiohttp

NO_LIMIT = aiohttp.ClientTimeout(total=6 * 60 * 60)


async def measure(url, prompt, tokens):
    """One request: its time to first token and its gaps between tokens, in seconds."""
    body = {"model": "mock", "prompt": prompt, "temperature": 0.0, "best_of": 1, "max_tokens": tokens, "stream": True}
    ttft, gaps = None, []
    async with aiohttp.ClientSession(timeout=NO_LIMIT) as session:
        last = start = time.perf_counter()
        async with session.post(url, json=body, headers={"Authorization": "Bearer None"}) as response:
            response.raise_for_status()
            async for line in response.content:
                line = line.strip().removeprefix(b"data: ")
                if not line or line == b"[DONE]":
                    continue
                text = json.loads(line)["choices"][0]["text"]
                if not text:
                    continue
                now = time.perf_counter()
                if ttft is None:
                    ttft = now - start
                else:
                    gaps.append(now - last)
                last = now
    return ttft, gaps


async def main(base_url, streams, tokens):
    url = f"{base_url}/v1/completions"
    await measure(url, "a first request that is not counted", 4)
    runs = await asyncio.gather(*(measure(url, f"request number {i}", tokens) for i in range(streams)))
    used = resource.getrusage(resource.RUSAGE_SELF)
    ttfts, gaps = zip(*runs)
    return {"ttfts": ttfts, "itls": [gap for run in gaps for gap in run], "cpu_s": used.ru_utime + used.ru_stime}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))))
