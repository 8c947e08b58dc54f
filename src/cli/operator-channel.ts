import { type Command, Option } from 'commander'
import { parseAddress } from '../core/address.ts'
import { systemClock } from '../core/clock.ts'
import { AuthError } from '../core/errors.ts'
import { loadCredential } from '../identity/credential-files.ts'
import { AUTHORITY_PATH, parseServicePath, type ServicePath, serviceIdOf } from '../identity/service-id.ts'
import { CallError } from '../interceptor/call-error.ts'
import { type MeshChannel, openChannel } from '../transport/channel.ts'

/** Who asks, and where its certificate lies. */
export interface OperatorArguments {
  readonly operator: string
  readonly credentials: string
}

/** Gives a command the options of one that asks a running process, as an operator. */
export function withOperator(command: Command): Command {
  return command
    .requiredOption(
      '--operator <name>',
      'who asks: the certificate is that of countersign/operator/<name>, which "countersign ca issue --reserved" makes',
    )
    .addOption(
      new Option('--credentials <directory>', 'where the certificate and its key lie')
        .env('COUNTERSIGN_CREDENTIALS')
        .default('./credentials'),
    )
}

/** @param service the service that must answer; an authority unless given */
export async function openOperatorChannel(
  service: ServicePath = AUTHORITY_PATH,
  { address, operator, credentials }: OperatorArguments & { readonly address: string },
): Promise<MeshChannel> {
  const credential = await loadCredential(credentials, parseServicePath(`countersign/operator/${operator}`))
  const server = serviceIdOf(credential.trustDomain, service)
  return openChannel({ address: parseAddress(address), server, credential })
}

const TIMEOUT_MS = 10_000

/**
 * Asks once, and tells in a command's words why there is no answer.
 * @throws AuthError AUTHORITY_UNAVAILABLE where nobody answered, else the other side's reason
 */
export async function answerOf<Answer>(
  ask: (options: { readonly deadline: number }) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await ask({ deadline: systemClock() + TIMEOUT_MS })
  } catch (error) {
    if (!(error instanceof CallError)) throw error
    throw new AuthError(error.reason ?? 'AUTHORITY_UNAVAILABLE', error.message)
  }
}
