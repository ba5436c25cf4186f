package io.darex.bench.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Encoders;
import io.darex.bench.encoder.Pretrained;
import io.darex.bench.encoder.TinyBert;
import io.darex.bench.pipeline.Prediction;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.prune.Checkpoint;
import io.darex.prune.KeptTensor;
import io.darex.prune.Pruning;
import io.darex.prune.SparseDelta;
import io.darex.prune.Values;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.folder.CheckpointDigest;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.mask.ColumnsMask;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.tensor.SignTensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A tiny base and eight fine-tunes of it as delta files, with what each answers when it is applied
 * and evaluated alone.
 */
final class Fleet {
  static final int SIZE = 8;
  static final EncoderConfig TINY =
      new EncoderConfig(24, 8, 2, 2, 12, 12, 2, 1e-3, 0, 0, 0, List.of());
  static final List<Text> TEXTS =
      List.of(
          Text.of("he read it"),
          Text.of(""),
          Text.of("birds sing"),
          Text.of("he", "birds sing it"),
          Text.of("the man read the birds and the man did sing"),
          Text.of("who"));

  private static final List<List<String>> LABELS =
      List.of(List.of("no", "yes"), List.of("score"), List.of("bad", "so so", "good"));

  final Path folder;
  final Path base;
  private final Checkpoint weights = TinyBert.checkpoint(TINY, 1);

  /** Of each fine-tune and text, what its applied checkpoint answers. */
  private final List<List<Prediction>> expected = new ArrayList<>();

  /** Writes {@code base} and {@code models/0.safetensors} and so on. */
  Fleet(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder.resolve("models"));
    base = folder.resolve("base");
    byte[] vocabulary =
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhe\nread\nit\nbirds\nsing\nthe\nman\nand\ndid\nwho\n"
            .getBytes(StandardCharsets.UTF_8);
    HuggingFaceFolder.write(base, weights, Map.of("vocab.txt", vocabulary), true);
    for (int i = 0; i < SIZE; i++) {
      SparseDelta delta = delta(i);
      SparseDeltaFile.write(file(i), delta, true);
      expected.add(answers(delta));
    }
  }

  Path file(int number) {
    return folder.resolve(number + ".safetensors");
  }

  private SparseDelta delta(int number) {
    EncoderConfig config = TINY.withLabels(LABELS.get(number % LABELS.size()));
    Checkpoint tuned = TinyBert.checkpoint(config, 100 + number);
    SparseDelta delta =
        number % 4 == 3
            ? new Pruning(new ColumnsMask(number, 0.5)).prune(weights, tuned)
            : new Pruning(new RandomMask(number, 0.2 * (1 + number % 4))).prune(weights, tuned);
    SparseDelta stored = number % 2 == 0 ? signs(delta) : delta;
    Optional<String> digest = Optional.of(CheckpointDigest.of(weights));
    return stored.withProvenance(stored.provenance().withBase(digest));
  }

  private static SparseDelta signs(SparseDelta delta) {
    SortedMap<String, KeptTensor> kept = new TreeMap<>();
    delta
        .kept()
        .forEach(
            (name, each) ->
                kept.put(name, each.withValues(new SignTensor(each.scaledValues(1), 0.1f))));
    return delta.withKept(kept, Values.SIGN);
  }

  private List<Prediction> answers(SparseDelta delta) throws IOException {
    Checkpoint applied = delta.applyTo(weights);
    EncoderConfig config = EncoderConfig.of(applied);
    List<Prediction> answers = new ArrayList<>();
    try (Tokenizer tokenizer =
            Pretrained.open(base).tokenizer().open(config.maxTokens(), config.vocabSize());
        Encoder encoder = Encoders.open(config, applied, 0)) {
      for (Text text : TEXTS) {
        Batch batch = Batch.of(List.of(tokenizer.encode(text.first(), text.second())));
        answers.add(Prediction.of(config, encoder.logits(batch)[0]));
      }
    }
    return answers;
  }

  /** Whether these are the answers of a fine-tune to some of {@link #TEXTS}, up to rounding. */
  boolean answers(int number, List<Integer> texts, List<Prediction> actual) {
    for (int i = 0; i < texts.size(); i++) {
      Prediction wanted = expected.get(number).get(texts.get(i));
      if (!wanted.probabilities().keySet().equals(actual.get(i).probabilities().keySet())
          || Math.abs(wanted.score() - actual.get(i).score()) > 1e-4) {
        return false;
      }
      for (Map.Entry<String, Double> each : wanted.probabilities().entrySet()) {
        if (Math.abs(each.getValue() - actual.get(i).probabilities().get(each.getKey())) > 1e-4) {
          return false;
        }
      }
    }
    return texts.size() == actual.size();
  }

  /** Asks a model all texts and compares with a fine-tune. */
  void check(Models models, String name, int number) {
    List<Prediction> actual = models.classify(name, TEXTS);
    for (int i = 0; i < TEXTS.size(); i++) {
      Prediction wanted = expected.get(number).get(i);
      assertThat(actual.get(i).label()).isEqualTo(wanted.label());
      assertThat(actual.get(i).score()).isCloseTo(wanted.score(), within(1e-4));
      assertThat(actual.get(i).probabilities()).containsOnlyKeys(wanted.probabilities().keySet());
    }
    assertThat(answers(number, List.of(0, 1, 2, 3, 4, 5), actual)).isTrue();
  }
}
