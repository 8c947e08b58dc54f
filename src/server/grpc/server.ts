import { HEALTH_RULES } from '../../access/access-rules.ts'
import type { IssueToken } from '../../authority/issue-token.ts'
import { MeshServer, type MeshServerOptions } from '../../interceptor/mesh-server.ts'
import { TokenService, TrustService } from '../../transport/authority-protos.ts'
import { Health, healthHandlers } from './health.ts'
import { tokenHandlers } from './token-handlers.ts'
import { type TrustServiceOptions, trustHandlers } from './trust-handlers.ts'

export interface GrpcServerOptions extends MeshServerOptions, TrustServiceOptions {
  readonly issueToken: IssueToken
}

/** Operators ask what is wrong also while the log cannot be read. */
const ANSWERED_WITHOUT_TRUST = new Set([TrustService.service.Status.path])

/** The authority's face over gRPC: a server of the mesh like any other, with the authority's own services. */
export function createGrpcServer(options: GrpcServerOptions): MeshServer {
  const { issueToken, logger } = options
  const server = new MeshServer({ ...options, answeredWithoutTrust: ANSWERED_WITHOUT_TRUST }, HEALTH_RULES)
  server.addService(TokenService, tokenHandlers(issueToken, logger))
  server.addService(TrustService, trustHandlers(options, server.closing))
  server.addService(
    Health,
    healthHandlers(['countersign.v1.TokenService', 'countersign.v1.TrustService'], server.closing),
  )
  return server
}
