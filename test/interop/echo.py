"""A gRPC server and a gRPC client of another stack, with mutual TLS as that stack does it.

    echo.py serve CHAIN KEY ROOTS                 writes its port, and answers each call with the caller's SPIFFE ID
    echo.py call ADDRESS METHOD CHAIN KEY ROOTS   makes one call, and writes how it ended as JSON

A message is a text in field 1 of a protocol buffer, shorter than 128 bytes: no types are generated for it.
"""

import json
import sys
from concurrent import futures

import grpc


def encode(text):
    return b"\x0a" + bytes([len(text)]) + text


class Server(grpc.GenericRpcHandler):
    def service(self, _):
        return grpc.unary_unary_rpc_method_handler(self.answer)

    def answer(self, _, context):
        return encode(b",".join(context.auth_context()["peer_spiffe_id"]))


def serve(chain, key, roots):
    credentials = grpc.ssl_server_credentials([(key, chain)], roots, require_client_auth=True)
    server = grpc.server(futures.ThreadPoolExecutor(), [Server()])
    port = server.add_secure_port("localhost:0", credentials)
    server.start()
    print("port", port, flush=True)
    server.wait_for_termination()


def call(address, method, chain, key, roots):
    credentials = grpc.ssl_channel_credentials(roots, key, chain)
    with grpc.secure_channel(address, credentials) as channel:
        try:
            answer = channel.unary_unary(method)(encode(b"tea"), timeout=10)
            return {"status": "OK", "answer": answer[2:].decode()}
        except grpc.RpcError as error:
            return {"status": error.code().name, "details": error.details()}


def read(file):
    with open(file, "rb") as opened:
        return opened.read()


match sys.argv[1:]:
    case ["serve", *files]:
        serve(*map(read, files))
    case ["call", address, method, *files]:
        print(json.dumps(call(address, method, *map(read, files))))
