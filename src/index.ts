/** What a service imports: the paved path, and the pieces that it is made of. */

export type { AccessDeclaration, AccessRule } from './access/access-rule.ts'
export { AccessRules, HEALTH_RULES, REFLECTION_RULES, rulesFromTable } from './access/access-rules.ts'
export { AuthorityClient, type AuthorityClientOptions, type IssuedToken } from './client/authority-client.ts'
export { createTokenSource, type TokenSourceOptions } from './client/token-source.ts'
export { TrustFeed, type TrustFeedOptions, type WatchedAuthority } from './client/trust-feed.ts'
export { type Address, parseAddress, parseListenAddress } from './core/address.ts'
export type { Clock } from './core/clock.ts'
export { AuthError, type AuthErrorCode, type AuthErrorOptions } from './core/errors.ts'
export { createLogger, type Logger, type LoggerOptions, silentLogger } from './core/logger.ts'
export { parseScope, type Scope } from './core/scope.ts'
export { type Credential, type CredentialMaterial, parseCredential } from './identity/credential.ts'
export { loadCredential } from './identity/credential-files.ts'
export { type CredentialSource, MemoryCredentialSource } from './identity/credential-source.ts'
export {
  parseServiceId,
  parseServicePath,
  parseTrustDomain,
  type ServiceId,
  type ServicePath,
  serviceIdOf,
  servicePathOf,
  type TrustDomain,
  trustDomainOf,
} from './identity/service-id.ts'
export type { VerifiedPeer } from './identity/verified-peer.ts'
export { CallError, reasonOf } from './interceptor/call-error.ts'
export type { ClientCallOptions } from './interceptor/call-options.ts'
export { type CallVerifierOptions, createCallVerifier } from './interceptor/call-verifier.ts'
export { type Caller, callerOf } from './interceptor/caller.ts'
export { clientInterceptor } from './interceptor/client.ts'
export { MeshServer, type MeshServerOptions } from './interceptor/mesh-server.ts'
export { type ServerInterceptorOptions, serverInterceptor } from './interceptor/server.ts'
export { createCallbackClient, createServiceClient } from './interceptor/service-client.ts'
export type {
  BidiHandler,
  ClientStreamHandler,
  HandlerContext,
  Handlers,
  RequestCall,
  RequestStreamCall,
  Requests,
  ServerStreamHandler,
  ServiceClient,
  ServiceType,
  UnaryHandler,
} from './interceptor/service-types.ts'
export type { TokenRequest, TokenSource } from './token/token-source.ts'
export {
  createTokenVerifier,
  type TokenVerifier,
  type TokenVerifierOptions,
  type TrustedIssuer,
  type VerifiedToken,
} from './token/verify.ts'
export { type GenerationChannelOptions, type MeshChannel, openChannel } from './transport/channel.ts'
export { type Listener, type ListenerOptions, listen } from './transport/listener.ts'
export { type LoadProtosOptions, loadProtos, type MessageOptions, rulesOf } from './transport/protos.ts'
export { resolveServerLimits, type ServerLimits } from './transport/server-limits.ts'
export type { Freshness } from './trust/freshness.ts'
export type { Revision } from './trust/revision.ts'
export { TrustState, type TrustStateOptions } from './trust/trust-state.ts'
export { type JoinMeshOptions, joinMesh } from './workload/join-mesh.ts'
export type { RevocationTarget } from './workload/revocation-target.ts'
export type { TrustBounds } from './workload/trust-bounds.ts'
export { type CreateServerOptions, type TrustView, Workload } from './workload/workload.ts'
