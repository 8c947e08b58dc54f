import { loadPackageDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import type { ProtoGrpcType } from './gen/prices.ts'

const definition = loadSync('prices.proto', { includeDirs: [import.meta.dirname] })
export const { Prices } = (loadPackageDefinition(definition) as unknown as ProtoGrpcType).prices.v1
