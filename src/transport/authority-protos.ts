import type { ProtoGrpcType as TokenProtos } from '../gen/token.ts'
import type { ProtoGrpcType as TrustProtos } from '../gen/trust.ts'
import { loadProtos } from './protos.ts'

type AuthorityProtos = {
  readonly countersign: { readonly v1: TokenProtos['countersign']['v1'] & TrustProtos['countersign']['v1'] }
}

/** The services of the authority, for its server and for its clients. */
export const { TokenService, TrustService } = loadProtos<AuthorityProtos>(
  ['countersign/v1/token.proto', 'countersign/v1/trust.proto'],
  { directories: [] },
).countersign.v1
