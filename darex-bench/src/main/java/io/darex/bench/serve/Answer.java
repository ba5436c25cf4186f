package io.darex.bench.serve;

import java.util.Map;

/**
 * What a request gets.
 *
 * @param headers besides that of the type
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier of bytes, never compared
record Answer(int status, String type, byte[] body, Map<String, String> headers) {
  Answer(int status, String type, byte[] body) {
    this(status, type, body, Map.of());
  }
}
