// Original file: scripts/bench/proto/bench/v1/echo.proto


export interface Message {
  'text'?: (string);
}

export interface Message__Output {
  'text': (string);
}
