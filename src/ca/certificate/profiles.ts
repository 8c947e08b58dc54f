import { fileURLToPath } from 'node:url'
import { parseConfiguration } from '../../core/configuration.ts'
import { loadText } from '../../core/text-file.ts'
import type { DnsNameRule } from './dns-name-rule.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, profilesSchema, SECOND_MS } from './profiles-schema.ts'

/** What a CA's certificates and CRLs say, as far as that is a choice: `profiles.yaml`. */
export interface Profiles {
  readonly root: Validity
  /** Never longer than that of the root. */
  readonly intermediate: IntermediateProfile
  /** Never longer than that of the intermediate. */
  readonly service: ServiceProfile
  /** By who signs: of services' certificates the intermediate does, of intermediates the root. */
  readonly crl: { readonly intermediate: Validity; readonly root: Validity }
}

export interface Validity {
  /** From now to the end, in milliseconds. */
  readonly lifetimeMs: number
  /** How far the start lies in the past, for peers whose clocks are behind; in milliseconds. */
  readonly backdatingMs: number
}

export interface IntermediateProfile extends Validity {
  /** Whether it may certify URI names of its own trust domain alone. */
  readonly nameConstraint: boolean
}

export interface ServiceProfile extends Validity {
  readonly dnsNames: readonly DnsNameRule[]
}

/** The profiles that come with the package: the defaults, each with a comment. */
export const DEFAULT_PROFILES_FILE: string = fileURLToPath(new URL('../../../pki/profiles.yaml', import.meta.url))

/** @throws AuthError CONFIGURATION_INVALID with every problem and its place */
export async function loadProfiles(file: string): Promise<Profiles> {
  return parseProfiles(await loadText(file), file)
}

/**
 * Parses `profiles.yaml`. Every key is required, so that a reader of the file sees all that holds.
 * @param file names the text in messages
 * @throws AuthError CONFIGURATION_INVALID with every problem and its place
 */
export function parseProfiles(text: string, file: string): Profiles {
  const { backdatingSeconds, root, intermediate, service, crl } = parseConfiguration(text, file, profilesSchema)
  const backdatingMs = backdatingSeconds * SECOND_MS
  return {
    root: { lifetimeMs: root.lifetimeDays * DAY_MS, backdatingMs },
    intermediate: {
      lifetimeMs: intermediate.lifetimeDays * DAY_MS,
      backdatingMs,
      nameConstraint: intermediate.nameConstraint,
    },
    service: { lifetimeMs: service.lifetimeMinutes * MINUTE_MS, backdatingMs, dnsNames: service.dnsNames },
    crl: {
      intermediate: { lifetimeMs: crl.intermediateLifetimeHours * HOUR_MS, backdatingMs },
      root: { lifetimeMs: crl.rootLifetimeDays * DAY_MS, backdatingMs },
    },
  }
}
