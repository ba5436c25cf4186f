package io.darex.bench.cli;

import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/** A small made-up base and its tuned model, whose head the base lacks, as folders. */
public record Pair(Path base, Path tuned) {
  public static final String DENSE = "encoder.layer.0.output.dense.weight";
  public static final String BIAS = "encoder.layer.0.output.dense.bias";
  public static final String EMBEDDINGS = "embeddings.word_embeddings.weight";
  public static final String HEAD = "classifier.weight";

  /** Writes both, in files of at most {@code shardBytes}. */
  public static Pair in(Path folder, OptionalLong shardBytes) throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    FloatTensor embeddings = random(random, EMBEDDINGS, 1, null, 300, 64);
    FloatTensor dense = random(random, DENSE, 1, null, 64, 256);
    FloatTensor bias = random(random, BIAS, 1, null, 64);
    Checkpoint base = checkpoint("BertModel", embeddings, dense, bias);
    Checkpoint tuned =
        checkpoint(
            "BertForSequenceClassification",
            random(random, "bert." + EMBEDDINGS, 1e-3, embeddings, 300, 64),
            random(random, "bert." + DENSE, 1e-3, dense, 64, 256),
            random(random, "bert." + BIAS, 1e-3, bias, 64),
            random(random, HEAD, 1, null, 2, 64));
    Pair pair = new Pair(folder.resolve("base"), folder.resolve("tuned"));
    WriteOptions options = WriteOptions.defaults();
    Map<String, byte[]> vocabulary = Map.of("vocab.txt", "a\nb\n".getBytes(StandardCharsets.UTF_8));
    HuggingFaceFolder.write(pair.base, base, vocabulary, shardBytes, options);
    HuggingFaceFolder.write(pair.tuned, tuned, Map.of(), shardBytes, options);
    return pair;
  }

  public static Checkpoint checkpoint(String architecture, Tensor... tensors) {
    String config = "{\"architectures\": [\"" + architecture + "\"], \"torch_dtype\": \"float32\"}";
    return InMemoryCheckpoint.of(List.of(tensors), Optional.of(config));
  }

  /** Gaussian values around those of {@code center}, or around 0. */
  public static FloatTensor random(
      SplittableRandom random, String name, double spread, Tensor center, long... shape) {
    float[] values = new float[(int) Tensor.count(shape)];
    for (int i = 0; i < values.length; i++) {
      double step = spread * random.nextGaussian();
      values[i] = (float) (center == null ? step : center.at(i) + step);
    }
    return new FloatTensor(name, shape, values);
  }
}
