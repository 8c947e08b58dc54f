/** A logger that keeps its lines. */
export {
  type LogLine,
  type RecordingLogger as CapturingLogger,
  recordingLogger as capturingLogger,
} from '../../src/testing/recording-logger.ts'
