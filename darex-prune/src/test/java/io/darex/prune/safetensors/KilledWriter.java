package io.darex.prune.safetensors;

import io.darex.prune.Checkpoints;
import io.darex.prune.Tensor;
import io.darex.prune.file.Watched;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.CheckpointDigest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** The process that {@link KillTest} kills: writes slowly and says which tensor it computes. */
public final class KilledWriter {
  public static final int TENSORS = 200;

  private KilledWriter() {}

  /** Writes to the path given; each tensor is a piece and takes the milliseconds given. */
  public static void main(String[] arguments) throws IOException {
    Duration each = Duration.ofMillis(Long.parseLong(arguments[1]));
    write(
        Path.of(arguments[0]),
        name -> {
          LockSupport.parkNanos(each.toNanos());
          System.out.println(name);
        });
  }

  public static void write(Path target, Consumer<String> computed) throws IOException {
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < TENSORS; i++) {
      String name = name(i);
      Tensor values = Checkpoints.random(i, name, 1, 1000 + i);
      tensors.add(new Watched(values, from -> computed.accept(name)));
    }
    SafetensorsWriter.write(
        target,
        tensors,
        Map.of("digest", "0".repeat(64)),
        WriteOptions.defaults().withThreads(2).withIdentity("twenty kills"),
        written -> Map.of("digest", CheckpointDigest.of(written)),
        Duration.ofMillis(20));
  }

  /** The tensor that is that piece of the file. */
  public static String name(int piece) {
    return "t%03d".formatted(piece);
  }
}
