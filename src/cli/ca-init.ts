import type { Command } from 'commander'
import { DEFAULT_PROFILES_FILE } from '../ca/certificate/profiles.ts'
import { keyFileOf, requestFileOf } from '../ca/directory/ca-files.ts'
import { copyProfiles } from '../ca/directory/copy-profiles.ts'
import { claimDirectory, initBelowOfflineRoot, initCertificateAuthority } from '../ca/directory/init.ts'
import { labelOf } from '../ca/issuers/authorities.ts'
import { AuthError } from '../core/errors.ts'
import { parseTrustDomain } from '../identity/service-id.ts'
import {
  homeOf,
  keyWarning,
  locateCa,
  nextCommand,
  type ProtectionArguments,
  protectionOf,
  usePlace,
  withNewCaKey,
} from './ca-context.ts'
import { withJson, writeResult } from './result.ts'

interface InitArguments extends ProtectionArguments {
  readonly trustDomain: string
  readonly offlineRoot?: true
}

export function defineCaInit(init: Command): void {
  withNewCaKey(withJson(init))
    .description('make a CA: a root and an intermediate, each with its key')
    .requiredOption('--trust-domain <name>', 'the name of the trust domain, such as shop.internal')
    .option('--offline-root', 'make no root, but the request that a root elsewhere is to certify')
    .action(initCa)
}

async function initCa(args: InitArguments, command: Command): Promise<void> {
  const trustDomain = parseTrustDomain(args.trustDomain)
  const place = await locateCa(args)
  if (place.trustDomain !== undefined && place.trustDomain !== trustDomain) {
    throw new AuthError('CONFIGURATION_INVALID', `The configuration is of ${place.trustDomain}, not of ${trustDomain}.`)
  }
  const { directory, profiles, bundle } = place.files
  const { storeFile } = place
  const protection = await protectionOf(args, place)
  await claimDirectory(directory)
  // Those of a checkout are there already, and stay.
  await copyProfiles(DEFAULT_PROFILES_FILE, profiles)
  const init = args.offlineRoot ? initBelowOfflineRoot : initCertificateAuthority
  const { authorities } = await usePlace(
    place,
    async (ca) => init({ ...(await homeOf(ca)), trustDomain, protection, storeFile }),
    {
      create: true,
    },
  )

  const keys = authorities.map((authority) => keyFileOf(directory, authority))
  const requests = authorities.filter(({ state }) => state === 'requested').map((one) => requestFileOf(directory, one))
  const made = { bundle: args.offlineRoot ? undefined : bundle, keys, requests, profiles, store: storeFile }
  writeResult(command, { trustDomain, authorities: authorities.map(labelOf), files: made }, [
    ...requests.map((file) => `${file} is the request for the intermediate: have the root certify it.`),
    args.offlineRoot
      ? `Then ${nextCommand('import ANSWER.pem --root ROOT.pem', args)} completes the CA.`
      : `Made the CA of ${trustDomain} in ${directory}. ${bundle} is what its verifiers trust.`,
    keyWarning(keys, protection),
  ])
}
