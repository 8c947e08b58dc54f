// Original file: proto/countersign/v1/trust.proto

import type { SnapshotPage as _countersign_v1_SnapshotPage, SnapshotPage__Output as _countersign_v1_SnapshotPage__Output } from '../../countersign/v1/SnapshotPage.ts';
import type { Delta as _countersign_v1_Delta, Delta__Output as _countersign_v1_Delta__Output } from '../../countersign/v1/Delta.ts';
import type { Heartbeat as _countersign_v1_Heartbeat, Heartbeat__Output as _countersign_v1_Heartbeat__Output } from '../../countersign/v1/Heartbeat.ts';

export interface WatchResponse {
  'snapshot'?: (_countersign_v1_SnapshotPage | null);
  'delta'?: (_countersign_v1_Delta | null);
  'heartbeat'?: (_countersign_v1_Heartbeat | null);
  'event'?: "snapshot"|"delta"|"heartbeat";
}

export interface WatchResponse__Output {
  'snapshot'?: (_countersign_v1_SnapshotPage__Output | null);
  'delta'?: (_countersign_v1_Delta__Output | null);
  'heartbeat'?: (_countersign_v1_Heartbeat__Output | null);
  'event'?: "snapshot"|"delta"|"heartbeat";
}
