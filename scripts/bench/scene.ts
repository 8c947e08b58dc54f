import { parseServiceId, silentLogger } from 'countersign'
import { parseGrantPolicy } from '../../src/access/grant-policy.ts'
import { createCertificateAuthority } from '../../src/ca/certificate-authority.ts'
import { AuthorityClient } from '../../src/client/authority-client.ts'
import { formatAddress } from '../../src/core/address.ts'
import { systemClock } from '../../src/core/clock.ts'
import { type CredentialMaterial, parseCredential } from '../../src/identity/credential.ts'
import { encodePrivateKey, generateKeyPair } from '../../src/identity/key-pair.ts'
import { parseServicePath, parseTrustDomain } from '../../src/identity/service-id.ts'
import { startAuthority } from '../../src/server/start-authority.ts'
import { encodePublicKey } from '../../src/token/verification-key.ts'
import type { ClientSetUp } from './echo-client.ts'
import type { ServerSetUp } from './echo-server.ts'

const ISSUER = 'https://authority.bench.internal'
const AUDIENCE = parseServiceId('spiffe://bench.internal/echo')
const POLICY = 'grants: [{ caller: caller, audience: echo, scopes: [echo.say] }]'

/** An authority in this process, and what the others need to be services of its mesh. */
export async function startScene() {
  const ca = createCertificateAuthority({ trustDomain: parseTrustDomain('bench.internal') })
  const authority = await startAuthority({
    ca,
    issuer: ISSUER,
    policy: parseGrantPolicy(POLICY, 'policy.yaml'),
    ttlSeconds: 300,
    listen: { grpc: { host: 'localhost', port: 0 } },
    logger: silentLogger,
    clock: systemClock,
  })
  const address = formatAddress(authority.address)

  function issue(service: string): CredentialMaterial {
    const { privateKey, publicKey } = generateKeyPair()
    const { certificateChain } = ca.issue({ path: parseServicePath(service), dnsNames: ['localhost'], publicKey })
    return { certificateChain, privateKey: encodePrivateKey(privateKey), bundle: ca.bundle }
  }

  return {
    serverSetUp(): ServerSetUp {
      const [key] = authority.trust.head().keys.values()
      if (key === undefined) throw new Error('The authority has no key.')
      return {
        material: issue('echo'),
        authority: address,
        issuer: ISSUER,
        audience: AUDIENCE,
        verificationKey: encodePublicKey(key),
      }
    },
    async clientSetUp(echo: string): Promise<ClientSetUp> {
      const material = issue('caller')
      const credential = parseCredential(material, systemClock(), 'the benchmark')
      const client = new AuthorityClient({ address: authority.address, credential })
      const { token } = await client.issueToken({ audience: AUDIENCE, scopes: [] })
      client.close()
      return { material, authority: address, address: echo, token }
    },
    close: () => authority.close(),
  }
}
