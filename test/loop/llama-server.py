"""A llama.cpp server for one test: python llama-server.py MODEL.gguf CONTEXT THREADS. Prints its address, ends with its input."""

import sys

import xllamacpp

model, context, threads = sys.argv[1:]
params = xllamacpp.CommonParams()
params.model.path = model
params.model_alias = {"coder"}
params.n_ctx = int(context)
params.n_parallel = 1
params.cpuparams.n_threads = int(threads)
params.cpuparams_batch.n_threads = int(threads)
params.port = 0
params.warmup = False
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
