import { loadProtos } from 'countersign'
import type { ProtoGrpcType } from './gen/echo.ts'

export const { Echo } = loadProtos<ProtoGrpcType>(['bench/v1/echo.proto'], {
  directories: [new URL('./proto', import.meta.url)],
}).bench.v1
