"""Measure a completions server as the Python serving benchmark does, for comparison with the page.

    python asyncio_client.py BASE_URL REQUESTS STREAMS OUTPUT_TOKENS [waits|times SECONDS]

Sends REQUESTS requests with asyncio and aiohttp, each over a session of its own and at most STREAMS at a time, reads the
answers line by line, and takes the time of a token after its JSON is parsed. They go at once; or as a JSON list of seconds
says, with these waits, each slept for after the send before it, or at these times from the first. Prints one JSON object:
ttfts and itls in seconds, sends in seconds from the first, and the processor time used. Needs the package aiohttp.
"""
import asyncio
import json
import resource
import sys
import time

import aiohttp

NO_LIMIT = aiohttp.ClientTimeout(total=6 * 60 * 60)


async def measure(url, prompt, tokens):
    """One request: when it was sent, its time to first token and its gaps between tokens, in seconds."""
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
    return start, ttft, gaps


async def main(base_url, requests, streams, tokens, waits=(), times=()):
    url = f"{base_url}/v1/completions"
    free = asyncio.Semaphore(streams)

    async def send(i):
        async with free:
            return await measure(url, f"request number {i}", tokens)

    await measure(url, "a first request that is not counted", 4)
    tasks, begin = [], time.perf_counter()
    for i in range(requests):
        if times:
            await asyncio.sleep(max(0.0, begin + times[i] - time.perf_counter()))
        tasks.append(asyncio.create_task(send(i)))
        if i < len(waits):
            await asyncio.sleep(waits[i])
    runs = await asyncio.gather(*tasks)
    used = resource.getrusage(resource.RUSAGE_SELF)
    starts, ttfts, gaps = zip(*runs)
    return {
        "ttfts": ttfts,
        "itls": [gap for run in gaps for gap in run],
        "sends": [start - begin for start in starts],
        "cpu_s": used.ru_utime + used.ru_stime,
    }


if __name__ == "__main__":
    base_url, requests, streams, tokens, *schedule = sys.argv[1:]
    schedule = {schedule[0]: json.loads(schedule[1])} if schedule else {}
    print(json.dumps(asyncio.run(main(base_url, int(requests), int(streams), int(tokens), **schedule))))
