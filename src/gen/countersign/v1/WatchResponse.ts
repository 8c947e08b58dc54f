// Original file: proto/countersign/v1/trust.proto

import type { Snapshot as _countersign_v1_Snapshot, Snapshot__Output as _countersign_v1_Snapshot__Output } from '../../countersign/v1/Snapshot.ts';

export interface WatchResponse {
  'snapshot'?: (_countersign_v1_Snapshot | null);
  'event'?: "snapshot";
}

export interface WatchResponse__Output {
  'snapshot'?: (_countersign_v1_Snapshot__Output | null);
  'event'?: "snapshot";
}
