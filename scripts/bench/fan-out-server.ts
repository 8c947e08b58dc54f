/**
 * The bare fan-out: stock grpc-js over mutual TLS, which commits one row to SQLite and then sends a message to each client
 * that listens.
 */

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Server, type ServerWritableStream } from '@grpc/grpc-js'
import type { CredentialMaterial } from 'countersign'
import { benchDirectory } from './bench-store.ts'
import { FanOut } from './protos.ts'
import { bindStock } from './stock-server.ts'
import { answerRequests } from './worker.ts'

type Listener = ServerWritableStream<object, object>

answerRequests({ start: (material: CredentialMaterial) => serve(material) })

function serve(material: CredentialMaterial): Promise<number> {
  const database = new DatabaseSync(join(benchDirectory(), 'fan-out.db'))
  database.exec('pragma journal_mode = wal; pragma synchronous = full; create table published (text text not null)')
  const insert = database.prepare('insert into published values (?)')
  const listeners = new Set<Listener>()
  const server = new Server()
  server.addService(FanOut.service, {
    Publish: (call: { request: { text: string } }, callback: (error: null, response: object) => void) => {
      insert.run(call.request.text)
      for (const listener of listeners) listener.write(call.request)
      callback(null, {})
    },
    Listen: (call: Listener) => {
      listeners.add(call)
      call.once('cancelled', () => listeners.delete(call))
      call.write({ text: 'hello' })
    },
  })
  return bindStock(server, material)
}
