/** Calls what issues, in one of two ways; the first argument names it. */

import { AuthorityClient, parseCredential, parseServiceId } from 'countersign'
import { systemClock } from '../../src/core/clock.ts'
import { callInTurn } from './calls-in-turn.ts'
import type { IssueSetUp } from './issue-server.ts'
import { stockSay } from './stock-client.ts'
import { answerRequests } from './worker.ts'

type Call = () => Promise<unknown>

const CLIENTS: Readonly<Record<string, (setUp: IssueSetUp) => Call>> = {
  ours: askForTokens,
  ceiling: ({ material, port }) => stockSay(material, `localhost:${port}`),
}

let call: Call = () => Promise.reject(new Error('not started'))

answerRequests({
  start: async (setUp: IssueSetUp) => {
    call = CLIENTS[process.argv[2] ?? '']?.(setUp) ?? call
    await call()
  },
  round: (calls: number) => callInTurn(call, calls),
})

function askForTokens({ port, audience, material }: IssueSetUp): Call {
  const credential = parseCredential(material, systemClock(), 'the benchmark')
  const authority = new AuthorityClient({ address: { host: 'localhost', port }, credential })
  return () => authority.issueToken({ audience: parseServiceId(audience), scopes: [] })
}
