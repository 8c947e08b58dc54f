import { loadProtos } from 'countersign'
import type { ProtoGrpcType as EchoProtos } from './gen/echo.ts'
import type { ProtoGrpcType as FanOutProtos } from './gen/fan_out.ts'

type BenchProtos = { readonly bench: { readonly v1: EchoProtos['bench']['v1'] & FanOutProtos['bench']['v1'] } }

export const { Echo, FanOut } = loadProtos<BenchProtos>(['bench/v1/echo.proto', 'bench/v1/fan_out.proto'], {
  directories: [new URL('./proto', import.meta.url)],
}).bench.v1
