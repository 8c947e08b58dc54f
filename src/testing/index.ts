/** What a test of services imports: a mesh in memory. It depends on no test runner. */

export { reasonOf } from '../interceptor/call-error.ts'
export type { RunningAuthority } from '../server/start-authority.ts'
export type { RevocationTarget } from '../workload/revocation-target.ts'
export { type LogLine, type RecordingLogger, recordingLogger } from './recording-logger.ts'
export { channelCredentials } from './stock-client.ts'
export type { TestGrant, TestPolicy } from './test-authority.ts'
export { type CertificateOptions, createTestCa, type TestCa, type TestCaOptions } from './test-ca.ts'
export { createTestClock, type TestClock } from './test-clock.ts'
export { type JoinTestMeshOptions, startTestMesh, type TestMesh, type TestMeshOptions } from './test-mesh.ts'
export type { TokenOptions } from './token.ts'
