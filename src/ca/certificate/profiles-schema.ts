import { z } from 'zod'
import { integerFrom, textOf } from '../../core/configuration.ts'
import { parseServicePattern } from '../../identity/service-pattern.ts'
import { parseDnsNamePattern } from './dns-name-pattern.ts'

export const SECOND_MS = 1000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

const MAX_BACKDATING_SECONDS = 600

/** How long something may be valid at most. */
interface Bound {
  readonly maximumMs: number
  readonly rule: string
}

const ROOT: Bound = {
  maximumMs: 9132 * DAY_MS,
  rule: 'a root is valid for 9132 days at most, about 25 years (Baseline Requirements of the CA/Browser Forum, 7.1.2.1.1)',
}
/** What is valid no longer may do without a pointer to a CRL (Baseline Requirements, 7.1.2.11.2). */
const SHORT_LIVED: Bound = {
  maximumMs: 7 * DAY_MS,
  rule: 'a certificate that points to no CRL is valid for 7 days at most (Baseline Requirements of the CA/Browser Forum, 1.6.1)',
}
const SERVICE_CRL: Bound = {
  maximumMs: 10 * DAY_MS,
  rule: 'a CRL of end-entity certificates is valid for 10 days at most (Baseline Requirements of the CA/Browser Forum, 7.2)',
}
const CA_CRL: Bound = {
  maximumMs: 365 * DAY_MS,
  rule: 'a CRL of CA certificates is valid for 12 months at most (Baseline Requirements of the CA/Browser Forum, 7.2)',
}

/** The form of `profiles.yaml`, with every bound. */
export const profilesSchema = z
  .strictObject({
    backdatingSeconds: integerFrom(0, MAX_BACKDATING_SECONDS, 'a clock that is further behind has to be set'),
    root: z.strictObject({ lifetimeDays: lifetimeIn(DAY_MS, 1, ROOT) }),
    intermediate: z.strictObject({ lifetimeDays: lifetimeIn(DAY_MS, 1, ROOT), nameConstraint: z.boolean() }),
    service: z.strictObject({
      lifetimeMinutes: lifetimeIn(MINUTE_MS, 5, SHORT_LIVED),
      dnsNames: z.array(z.strictObject({ services: listOf(parseServicePattern), names: listOf(parseDnsNamePattern) })),
    }),
    crl: z.strictObject({
      intermediateLifetimeHours: lifetimeIn(HOUR_MS, 1, SERVICE_CRL),
      rootLifetimeDays: lifetimeIn(DAY_MS, 1, CA_CRL),
    }),
  })
  .superRefine(({ root, intermediate, service }, context) => {
    // All certificates of a path have to be valid at once (RFC 5280 section 6.1.3).
    if (intermediate.lifetimeDays > root.lifetimeDays) {
      const message = 'longer than root.lifetimeDays: no certificate outlives its issuer.'
      context.addIssue({ code: 'custom', path: ['intermediate', 'lifetimeDays'], message })
    }
    if (service.lifetimeMinutes * MINUTE_MS > intermediate.lifetimeDays * DAY_MS) {
      const message = 'longer than intermediate.lifetimeDays: no certificate outlives its issuer.'
      context.addIssue({ code: 'custom', path: ['service', 'lifetimeMinutes'], message })
    }
  })

/** A lifetime in whole units. */
function lifetimeIn(unitMs: number, minimum: number, { maximumMs, rule }: Bound): z.ZodType<number> {
  // What counts is the time from the backdated start to the end, with its last second (RFC 5280 section 4.1.2.5).
  const longestMs = maximumMs - MAX_BACKDATING_SECONDS * SECOND_MS - SECOND_MS
  return integerFrom(minimum, Math.floor(longestMs / unitMs), rule)
}

function listOf<Item>(parse: (text: string) => Item): z.ZodType<readonly Item[]> {
  return z
    .array(textOf(parse))
    .min(1)
    .refine((items) => new Set(items.map((item) => JSON.stringify(item))).size === items.length, {
      message: 'an entry stands twice.',
    })
}
