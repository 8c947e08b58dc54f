// Original file: proto/grpc/health/v1/health.proto


export interface HealthCheckRequest {
  /**
   * The full name of a gRPC service, such as "shop.v1.Orders". Empty for the server as a whole.
   */
  'service'?: (string);
}

export interface HealthCheckRequest__Output {
  /**
   * The full name of a gRPC service, such as "shop.v1.Orders". Empty for the server as a whole.
   */
  'service': (string);
}
