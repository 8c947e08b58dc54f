import type { ProtoGrpcType as TokenProtos } from '../gen/token.ts'
import type { ProtoGrpcType as TrustProtos } from '../gen/trust.ts'
import type { ProtoGrpcType as VerifierProtos } from '../gen/verifier.ts'
import { loadProtos } from './protos.ts'

type Packages<Protos extends { readonly countersign: { readonly v1: object } }> = Protos['countersign']['v1']

type OwnProtos = {
  readonly countersign: { readonly v1: Packages<TokenProtos> & Packages<TrustProtos> & Packages<VerifierProtos> }
}

/** The services of the authority, and the one that every service has, for servers and for clients. */
export const { TokenService, TrustService, VerifierService } = loadProtos<OwnProtos>(
  ['countersign/v1/token.proto', 'countersign/v1/trust.proto', 'countersign/v1/verifier.proto'],
  { directories: [] },
).countersign.v1
