import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Makes a pair of checkpoints to measure with. {@code java Pair.java bert DIR} writes base and
 * tuned with the shapes of BERT-base (109.5 M parameters, F32, 438 MB) and random values, deltas
 * with a standard deviation of 1e-3. {@code java Pair.java sparse DIR} writes a 4.3 GB pair whose
 * files are all holes but for their headers: it takes no room on disk, and every delta in it is 0.
 */
public final class Pair {
  private static final int BUFFER = 1 << 20;

  private Pair() {}

  public static void main(String[] args) throws IOException {
    Path folder = Files.createDirectories(Path.of(args[1]));
    switch (args[0]) {
      case "bert" -> {
        write(folder.resolve("base.safetensors"), bert(12, 768), 0);
        write(folder.resolve("tuned.safetensors"), bert(12, 768), 1e-3);
      }
      case "sparse" -> {
        write(folder.resolve("base.safetensors"), bert(76, 1088), -1);
        write(folder.resolve("tuned.safetensors"), bert(76, 1088), -1);
      }
      default -> throw new IllegalArgumentException("expected bert or sparse, got " + args[0]);
    }
  }

  private static Map<String, long[]> bert(int layers, long hidden) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put("embeddings.word_embeddings.weight", new long[] {30522, hidden});
    shapes.put("embeddings.position_embeddings.weight", new long[] {512, hidden});
    shapes.put("embeddings.token_type_embeddings.weight", new long[] {2, hidden});
    norm(shapes, "embeddings.LayerNorm", hidden);
    for (int layer = 0; layer < layers; layer++) {
      String prefix = "encoder.layer." + layer + ".";
      for (String part : new String[] {"self.query", "self.key", "self.value", "output.dense"}) {
        linear(shapes, prefix + "attention." + part, hidden, hidden);
      }
      norm(shapes, prefix + "attention.output.LayerNorm", hidden);
      linear(shapes, prefix + "intermediate.dense", 4 * hidden, hidden);
      linear(shapes, prefix + "output.dense", hidden, 4 * hidden);
      norm(shapes, prefix + "output.LayerNorm", hidden);
    }
    linear(shapes, "pooler.dense", hidden, hidden);
    return shapes;
  }

  private static void linear(Map<String, long[]> shapes, String name, long out, long in) {
    shapes.put(name + ".weight", new long[] {out, in});
    shapes.put(name + ".bias", new long[] {out});
  }

  private static void norm(Map<String, long[]> shapes, String name, long hidden) {
    shapes.put(name + ".weight", new long[] {hidden});
    shapes.put(name + ".bias", new long[] {hidden});
  }

  /**
   * Writes base values plus {@code sigma} times noise; nothing but a header if sigma is below 0.
   */
  private static void write(Path file, Map<String, long[]> shapes, double sigma)
      throws IOException {
    StringBuilder header = new StringBuilder("{");
    long end = 0;
    for (Map.Entry<String, long[]> entry : shapes.entrySet()) {
      long[] shape = entry.getValue();
      long begin = end;
      long count = 1;
      StringBuilder dims = new StringBuilder();
      for (long dimension : shape) {
        count *= dimension;
        dims.append(dims.length() == 0 ? "" : ",").append(dimension);
      }
      end += 4 * count;
      header
          .append(header.length() == 1 ? "" : ",")
          .append('"')
          .append(entry.getKey())
          .append("\":{\"dtype\":\"F32\",\"shape\":[")
          .append(dims)
          .append("],\"data_offsets\":[")
          .append(begin)
          .append(',')
          .append(end)
          .append("]}");
    }
    byte[] text = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      channel.write(
          ByteBuffer.allocate(8 + text.length)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(text.length)
              .put(text)
              .flip());
      if (sigma < 0) {
        channel.write(ByteBuffer.allocate(1), 8 + text.length + end - 1);
        return;
      }
      SplittableRandom weights = new SplittableRandom(1);
      SplittableRandom noise = new SplittableRandom(2);
      ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
      for (long done = 0; done < end; done += BUFFER) {
        buffer.clear().limit((int) Math.min(BUFFER, end - done));
        while (buffer.hasRemaining()) {
          double value = 0.04 * weights.nextGaussian();
          buffer.putFloat((float) (sigma == 0 ? value : value + sigma * noise.nextGaussian()));
        }
        buffer.flip();
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
      }
    }
  }
}
