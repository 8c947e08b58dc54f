import { status } from '@grpc/grpc-js'
import { AuthError, type Credential } from 'countersign'
import { statusCodeOf } from '../../../src/transport/status.ts'
import { ALLOWED, refused, tellCall } from '../call-rows.ts'
import type { Outcome } from '../report.ts'
import type { RevocationScene } from './scene.ts'

/** A service asks the authority for a token, and gets no answer: there is no authority, or it refuses the connection. */
export async function tellNoToken(
  { report, tokenOf }: RevocationScene,
  service: string,
  credential: Credential,
): Promise<void> {
  const expected = refused('UNAVAILABLE', 'AUTHORITY_UNAVAILABLE')
  await tellCall(report, service, 'authority IssueToken', expected, () =>
    tokenOf(credential).then(() => ALLOWED, refusalOf),
  )
}

function refusalOf(error: unknown): Outcome {
  if (!(error instanceof AuthError)) throw error
  return { outcome: 'refused', status: status[statusCodeOf(error.code)], reason: error.code }
}
