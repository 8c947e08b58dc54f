import type { Report } from './orders.ts'
import type { Place } from './place.ts'
import type { Random } from './random.ts'

/** Commands without end, each chosen after what became of the one before. */
export type Commands = Generator<readonly string[], never, Report>

export type Loop = 'services' | 'operator'

/** What processes do at the same time: one loop issues and revokes, the other one rotates the CA itself. */
export const LOOPS: Readonly<Record<Loop, (place: Place, random: Random) => Commands>> = {
  services: serve,
  operator: operate,
}

export const SERVICES = ['orders', 'inventory', 'billing/invoices'] as const

function* serve({ dir, out, csr, crls, handedOut }: Place, random: Random): Commands {
  let serialNumber = '40'
  for (;;) {
    const service = random.oneOf(SERVICES)
    const command = random.oneOf([
      ['ca', 'issue', service, '--out', out],
      ['ca', 'issue', service, '--out', out, '--dns', 'localhost'],
      ['ca', 'renew', service, '--out', out],
      ['ca', 'sign', 'storefront', '--csr', csr, '--out', out],
      ['hand-out', service, '--to', handedOut],
      ['hand-out', service, '--to', handedOut],
      ['revoke', 'certificate', serialNumber],
      ['ca', 'crl', '--out', crls],
    ])
    const { exitCode, out: told } = yield [...command, '--dir', dir]
    if (exitCode === 0) ({ serialNumber = serialNumber } = JSON.parse(told))
  }
}

function* operate(place: Place, random: Random): Commands {
  const { dir, crls } = place
  for (;;) {
    yield* random.oneOf([rotateIntermediate, rotateIntermediate, rotateRoot, distrust])(place, random)
    yield ['ca', 'crl', '--out', crls, '--dir', dir]
  }
}

type Steps = Generator<readonly string[], void, Report>

function* rotateIntermediate({ dir, newKey }: Place, random: Random): Steps {
  const rotate = (step: string) => ['ca', 'rotate', step, 'intermediate', '--dir', dir]
  yield [...rotate('prepare'), ...newKey]
  yield rotate('activate')
  if (random.fraction() < 0.3) return
  for (const service of [...SERVICES, 'storefront']) yield ['revoke', 'service', service, '--dir', dir]
  yield rotate('retire')
}

function* rotateRoot(place: Place, random: Random): Steps {
  const rotate = (step: string, ...options: readonly string[]) => [
    ...['ca', 'rotate', step, 'root', '--dir', place.dir],
    ...options,
  ]
  yield rotate('prepare', ...place.newKey)
  yield rotate('activate', '--verifiers-updated')
  yield* rotateIntermediate(place, random)
  yield rotate('retire')
}

function* distrust(place: Place, random: Random): Steps {
  const { out, exitCode } = yield ['ca', 'list', '--dir', place.dir]
  const authorities: readonly { kind: string; name: string }[] = exitCode === 0 ? JSON.parse(out).authorities : []
  const [doomed] = authorities.filter(({ kind }) => kind === 'intermediate').slice(-1)
  if (doomed !== undefined) yield ['ca', 'distrust', doomed.name, '--yes', '--dir', place.dir]
  yield* rotateIntermediate(place, random)
}
