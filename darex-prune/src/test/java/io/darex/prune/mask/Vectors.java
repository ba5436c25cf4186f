package io.darex.prune.mask;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Test vectors that an independent reference in Python made; src/test/python has it. */
final class Vectors {
  private Vectors() {}

  static Stream<JsonNode> read(String file, int expected) throws IOException {
    try (InputStream json = Vectors.class.getResourceAsStream(file)) {
      JsonNode vectors = new ObjectMapper().readTree(json);
      assertThat(vectors).hasSize(expected);
      return StreamSupport.stream(vectors.spliterator(), false);
    }
  }

  static long seed(JsonNode vector) {
    return Long.parseLong(vector.get("seed").asText());
  }

  static long[] longs(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToLong(JsonNode::asLong).toArray();
  }

  /** That these indices are the vector's. */
  static void check(JsonNode vector, long[] kept) {
    assertThat(kept).hasSize(vector.get("count").asInt());
    assertThat(LongStream.of(kept).limit(5).toArray()).isEqualTo(longs(vector.get("first")));
    assertThat(LongStream.of(kept).skip(Math.max(0, kept.length - 5)).toArray())
        .isEqualTo(longs(vector.get("last")));
    ByteBuffer bytes = ByteBuffer.allocate(kept.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    LongStream.of(kept).forEach(bytes::putLong);
    assertThat(sha256(bytes.flip())).isEqualTo(vector.get("sha256OfInt64LE").asText());
  }

  static String sha256(ByteBuffer bytes) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(bytes);
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
