import { readFileSync } from 'node:fs'
import { parseDnsNamePattern } from '../ca/certificate/dns-name-pattern.ts'
import { DEFAULT_PROFILES_FILE, type Profiles, parseProfiles } from '../ca/certificate/profiles.ts'
import { parseServicePattern } from '../identity/service-pattern.ts'

/** Those that come with the package, but that every service may have every DNS name. */
export const TEST_PROFILES: Profiles = withEveryDnsName(
  parseProfiles(readFileSync(DEFAULT_PROFILES_FILE, 'utf8'), DEFAULT_PROFILES_FILE),
)

function withEveryDnsName(profiles: Profiles): Profiles {
  const dnsNames = [{ services: [parseServicePattern('*')], names: [parseDnsNamePattern('*')] }]
  return { ...profiles, service: { ...profiles.service, dnsNames } }
}
