import { randomId } from '../../../src/core/encoding.ts'
import { servicePathOf } from '../../../src/identity/service-id.ts'
import { openStore } from '../../../src/store/open.ts'
import type { TrustChange } from '../../../src/trust/change.ts'
import type { RevocationTarget } from '../../../src/workload/revocation-target.ts'
import type { AuthorityProcess } from './authority-process.ts'
import { Intruder } from './intruder.ts'
import type { Premises } from './premises.ts'

/** Something new to revoke, and what stands in the store once that is done. */
export interface Revocable {
  readonly target: RevocationTarget
  /** Of its changes, kind and ID: all of them stand, or none. */
  readonly changes: readonly string[]
}

type Kind = 'token' | 'tokenId' | 'grantId' | 'subject' | 'client' | 'service' | 'certificate'

export const REVOCABLES: Readonly<
  Record<Kind, (premises: Premises, authority: AuthorityProcess) => Promise<Revocable>>
> = {
  async token(premises, authority) {
    const token = await new Intruder(await premises.guest()).token(authority.address)
    const { jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    return { target: { token }, changes: [`token ${jti}`] }
  },
  async tokenId() {
    const tokenId = randomId()
    return { target: { tokenId }, changes: [`token ${tokenId}`] }
  },
  async grantId() {
    const grantId = randomId()
    return { target: { grantId }, changes: [`grant ${grantId}`] }
  },
  async subject(premises) {
    const { serviceId: subject } = await premises.guest()
    return { target: { subject }, changes: [`subject ${subject}`] }
  },
  async client(premises) {
    const { serviceId: client } = await premises.guest()
    return { target: { client }, changes: [`client ${client}`] }
  },
  async service(premises) {
    const { credential, serialNumber } = new Intruder(await premises.guest())
    const service = servicePathOf(credential.serviceId)
    return { target: { service }, changes: [`certificate ${serialNumber}`, `service ${credential.serviceId}`] }
  },
  async certificate(premises) {
    const { serialNumber: certificate } = new Intruder(await premises.guest())
    return { target: { certificate }, changes: [`certificate ${certificate}`] }
  },
}

/** Which of its changes stand: in the trust log, and where certificates fall with it in the CA's records too. */
export async function standing({ store: file }: Premises, { changes }: Revocable): Promise<readonly string[]> {
  const store = await openStore(file, { create: false })
  try {
    const log = await store.trustLog.read(undefined, Number.MAX_SAFE_INTEGER)
    const logged = new Set(log.changes.map(nameOf))
    const records = await store.inventory.list({ serviceId: undefined, validAt: 0 })
    const revoked = new Set(records.flatMap(({ serialNumber, revocation }) => (revocation ? [serialNumber] : [])))
    return changes.filter((change) => {
      const serialNumber = /^certificate (.*)/.exec(change)?.[1]
      if (serialNumber !== undefined && revoked.has(serialNumber) !== logged.has(change)) {
        throw new Error(`${change} is revoked in one half of the store only.`)
      }
      return logged.has(change)
    })
  } finally {
    await store.close()
  }
}

function nameOf(change: TrustChange): string {
  return 'id' in change ? `${change.kind} ${change.id}` : change.kind
}
