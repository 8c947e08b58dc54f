import { counted } from '../core/counted.ts'
import { parseServiceId, servicePathOf } from '../identity/service-id.ts'
import { createServiceClient } from '../interceptor/service-client.ts'
import { TrustService } from '../transport/authority-protos.ts'
import type { MeshChannel } from '../transport/channel.ts'
import { parseCount } from '../transport/trust-messages.ts'
import { answerOf } from './operator-channel.ts'
import type { Status } from './status.ts'
import { revisionText, timeText } from './status.ts'
import { tableOf } from './table.ts'

/** What an authority publishes, and to whom. */
export async function authorityStatus(channel: MeshChannel): Promise<Status> {
  const client = createServiceClient(TrustService, channel)
  const status = await answerOf((options) => client.status({}, options))
  const verifiers = status.verifiers.map(({ service, serialNumber, revision, lagMs, sinceMs }) => ({
    service,
    serialNumber,
    revision: revisionText(revision),
    lagMs: parseCount(lagMs),
    since: timeText(sinceMs),
  }))
  const result = {
    revision: revisionText(status.revision),
    readAt: timeText(status.readAtMs),
    keys: status.keys,
    entries: parseCount(status.entries),
    verifiers,
  }
  return {
    result,
    lines: [
      `Revision ${result.revision}, read at ${result.readAt}: ${counted(result.keys, 'key')}, ` +
        `${counted(result.entries, 'revocation')}. ${counted(verifiers.length, 'verifier')}:`,
      ...tableOf(
        ['SERVICE', 'CERTIFICATE', 'REVISION', 'LAG', 'SINCE'],
        verifiers.map(({ service, serialNumber, revision, lagMs, since }) => [
          servicePathOf(parseServiceId(service)),
          serialNumber,
          revision,
          `${lagMs} ms`,
          since,
        ]),
      ),
    ],
  }
}
