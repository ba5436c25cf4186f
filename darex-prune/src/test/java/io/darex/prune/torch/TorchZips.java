package io.darex.prune.torch;

import io.darex.prune.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Torch files for tests: a real one taken apart, and zips and pickles put together by hand. */
public final class TorchZips {
  /** The persistent id of a storage, but for its type and size. */
  private static final String STORAGE = "(X7:storagectorch\n%s\nX1:0X3:cpuK%ctQ";

  private TorchZips() {}

  /** A file of the test resources, {@code resources/torch/make.py} has written it. */
  public static byte[] resource(String name) throws IOException {
    try (InputStream in = TorchZips.class.getResourceAsStream("/torch/" + name)) {
      return in.readAllBytes();
    }
  }

  /** The entries of {@link #resource} weights.bin, in the order that torch wrote them. */
  public static Map<String, byte[]> weights() throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    Path file = Files.createTempFile("weights", ".bin");
    Files.write(file, resource("weights.bin"));
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        try (InputStream in = zip.getInputStream(entry)) {
          entries.put(entry.getName(), in.readAllBytes());
        }
      }
    }
    Files.delete(file);
    return entries;
  }

  /** A file with some F32 tensors, as torch would save a dict of them. */
  public static byte[] save(Tensor... tensors) {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    StringBuilder pickle = new StringBuilder("}(");
    entries.put("archive/data.pkl", new byte[0]);
    for (int i = 0; i < tensors.length; i++) {
      Tensor tensor = tensors[i];
      byte[] data = new byte[(int) tensor.count() * 4];
      tensor.bytes(0, (int) tensor.count()).get(data);
      entries.put("archive/data/" + i, data);
      StringBuilder size = new StringBuilder("(");
      StringBuilder stride = new StringBuilder("(");
      long step = tensor.count();
      for (long dimension : tensor.shape()) {
        step /= dimension;
        size.append('K').append((char) dimension);
        stride.append('K').append((char) step);
      }
      pickle
          .append("X%d:%s".formatted(tensor.name().length(), tensor.name()))
          .append("ctorch._utils\n_rebuild_tensor_v2\n(")
          .append(
              "(X7:storagectorch\nFloatStorage\nX1:%dX3:cpuM%c\0tQ"
                  .formatted(i, (char) tensor.count()))
          .append("K\0" + size + "t" + stride + "t\u0089)tR");
    }
    entries.put("archive/data.pkl", pickle(pickle + "u."));
    return zip(entries, false, 0);
  }

  /** One tensor {@code w} of floats 1, 2, 3 … with that type of storage, size and stride. */
  public static byte[] tensor(String type, int elements, String size, String stride, int offset) {
    return archive(dict(type, elements, size, stride, offset) + ".", elements);
  }

  /** The text for {@link #pickle} of a dict with that tensor. */
  public static String dict(String type, int elements, String size, String stride, int offset) {
    return "}X1:wctorch._utils\n_rebuild_tensor_v2\n("
        + STORAGE.formatted(type, elements)
        + "K"
        + (char) offset
        + size
        + stride
        + "\u0089ccollections\nOrderedDict\n)RtRs";
  }

  /** A zip with that pickle, and floats as its storage 0. */
  public static byte[] archive(String pickle, int floats) {
    ByteBuffer data = ByteBuffer.allocate(4 * floats).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 1; i <= floats; i++) {
      data.putFloat(i);
    }
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("archive/data.pkl", pickle(pickle));
    entries.put("archive/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
    entries.put("archive/data/0", data.array());
    return zip(entries, false, 0);
  }

  /** Bytes of a pickle: its characters, but {@code Xn:} for a text of n bytes. */
  public static byte[] pickle(String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x80, 2});
    for (int i = 0; i < text.length(); i++) {
      int colon = text.indexOf(':', i);
      if (text.charAt(i) == 'X' && colon > 0 && text.substring(i + 1, colon).matches("\\d+")) {
        int length = Integer.parseInt(text.substring(i + 1, colon));
        out.write('X');
        out.writeBytes(little(4, length));
        i = colon;
      } else {
        out.write(text.charAt(i));
      }
    }
    return out.toByteArray();
  }

  /** A zip of stored entries, with 64-bit numbers wherever there can be some. */
  public static byte[] zip(Map<String, byte[]> entries, boolean zip64, int method) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream directory = new ByteArrayOutputStream();
    entries.forEach(
        (name, data) -> {
          byte[] text = name.getBytes(StandardCharsets.UTF_8);
          int at = out.size();
          // As torch does it, sizes stand in the directory alone, and padding is an extra field.
          out.writeBytes(
              numbers(0x04034b50, 4, 0, 2, 8, 2, method, 2, 0, 8, 0, 8, text.length, 2, 7, 2));
          out.writeBytes(text);
          out.writeBytes(numbers(0x4246, 2, 3, 2, 0, 3));
          out.writeBytes(data);
          int small = zip64 ? -1 : data.length;
          directory.writeBytes(numbers(0x02014b50, 4, 0, 2, 0, 2, 8, 2, method, 2, 0, 8));
          directory.writeBytes(numbers(small, 4, small, 4, text.length, 2, zip64 ? 28 : 0, 2));
          directory.writeBytes(numbers(0, 2, 0, 2, 0, 2, 0, 4, zip64 ? -1 : at, 4));
          directory.writeBytes(text);
          if (zip64) {
            directory.writeBytes(numbers(1, 2, 24, 2, data.length, 8, data.length, 8, at, 8));
          }
        });
    int begin = out.size();
    out.writeBytes(directory.toByteArray());
    int end = out.size();
    int count = entries.size();
    if (zip64) {
      out.writeBytes(numbers(0x06064b50, 4, 44, 8, 0, 4, 0, 8, count, 8, count, 8));
      out.writeBytes(numbers(directory.size(), 8, begin, 8));
      out.writeBytes(numbers(0x07064b50, 4, 0, 4, end, 8, 1, 4));
      out.writeBytes(numbers(0x06054b50, 4, 0, 4, -1, 2, -1, 2, -1, 4, -1, 4, 0, 2));
    } else {
      out.writeBytes(numbers(0x06054b50, 4, 0, 4, count, 2, count, 2));
      out.writeBytes(numbers(directory.size(), 4, begin, 4, 0, 2));
    }
    return out.toByteArray();
  }

  /** Numbers, each followed by the bytes it takes. */
  private static byte[] numbers(long... numbersAndBytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < numbersAndBytes.length; i += 2) {
      out.writeBytes(little((int) numbersAndBytes[i + 1], numbersAndBytes[i]));
    }
    return out.toByteArray();
  }

  private static byte[] little(int bytes, long number) {
    byte[] little = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      little[i] = (byte) (number >> Math.min(63, 8 * i));
    }
    return little;
  }
}
