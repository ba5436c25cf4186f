package io.darex.prune.folder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Safetensors files made by hand, good or bad. */
public final class Hostile {
  private Hostile() {}

  public static String padded(String header) {
    return header + " ".repeat(-header.length() & 7);
  }

  public static byte[] bytes(String header, byte[] data) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + text.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .put(data)
        .array();
  }

  public static void write(Path path, String header, byte[] data) throws IOException {
    Files.write(path, bytes(header, data));
  }
}
