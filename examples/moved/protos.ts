import { loadProtos } from 'countersign'
import type { ProtoGrpcType } from './gen/prices.ts'

export const { Prices } = loadProtos<ProtoGrpcType>(['prices.proto'], { directories: [import.meta.dirname] }).prices.v1
