package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.darex.bench.tokenizer.EncodedText;
import io.darex.prune.Checkpoint;
import io.darex.prune.Mask;
import io.darex.prune.Pruning;
import io.darex.prune.SparseDelta;
import io.darex.prune.mask.ColumnsMask;
import io.darex.prune.mask.RandomMask;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Texts of many fine-tunes in one pass, next to an encoder of each with the merged weights. */
class SharedEncoderTest {
  private static final Mask[] MASKS = {
    new RandomMask(1, 0.5), new ColumnsMask(2, 0.5), new RandomMask(3, 0), new RandomMask(4, 0.95)
  };

  /** A fine-tune of the sample's body, with so many classes. */
  private record Tuned(EncoderConfig config, SparseDelta delta, Checkpoint merged) {
    static Tuned of(Sample base, int classes, int number) {
      EncoderConfig config =
          base.config().withLabels(Collections.nCopies(classes, "class").stream().toList());
      Checkpoint tuned = BesideDeltaTest.tuned(new Sample(config, base.seed() + number));
      SparseDelta delta = new Pruning(MASKS[number % MASKS.length]).prune(base.checkpoint(), tuned);
      SparseDelta stored = number % 2 == 0 ? BesideDeltaTest.signs(delta) : delta;
      return new Tuned(config, stored, stored.applyTo(base.checkpoint()));
    }
  }

  @ParameterizedTest
  @MethodSource("io.darex.bench.encoder.Sample#samples")
  void everyTextIsAnsweredByItsFineTune(Sample sample) {
    Sample base = new Sample(sample.config().withLabels(List.of()), sample.seed());
    List<Tuned> tuned = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      tuned.add(Tuned.of(base, 1 + i % 3, i));
    }
    Random random = new Random(sample.seed());
    List<EncodedText> texts = sample.texts(23);
    int[] owner = random.ints(texts.size(), 0, tuned.size()).toArray();
    float[][] expected = new float[texts.size()][];
    for (int i = 0; i < tuned.size(); i++) {
      try (Encoder merged = new DirectEncoder(tuned.get(i).config(), tuned.get(i).merged(), 0)) {
        for (int text = 0; text < owner.length; text++) {
          if (owner[text] == i) {
            expected[text] = merged.logits(Batch.of(List.of(texts.get(text))))[0];
          }
        }
      }
    }
    try (DirectEncoder encoder = new DirectEncoder(base.config(), base.checkpoint(), 0);
        Resident first = encoder.resident();
        Resident second = encoder.resident()) {
      Map<String, float[]> before = BesideDeltaTest.bits(encoder);
      List<BesideDelta> beside = new ArrayList<>();
      tuned.forEach(each -> beside.add(encoder.beside(each.delta(), each.config())));
      assertAnswers(encoder, texts, owner, beside, expected);

      // Some of them merged, in rooms that held others before.
      List<BesideDelta> merged = new ArrayList<>(beside);
      first.with(beside.get(3));
      merged.set(2, first.with(beside.get(2)));
      second.with(beside.get(0));
      merged.set(3, second.with(beside.get(3)));
      assertAnswers(encoder, texts, owner, merged, expected);
      assertThat(first.bytes()).isPositive();
      BesideDeltaTest.assertSameBits(encoder, before);
      beside.forEach(BesideDelta::close);
    }
  }

  private static void assertAnswers(
      DirectEncoder encoder,
      List<EncodedText> texts,
      int[] owner,
      List<BesideDelta> deltas,
      float[][] expected) {
    List<BesideDelta> each = new ArrayList<>();
    for (int text : owner) {
      each.add(deltas.get(text));
    }
    float[][] actual = encoder.logits(Batch.of(texts), each);
    for (int text = 0; text < expected.length; text++) {
      BesideDeltaTest.assertClose(actual[text], expected[text]);
    }
  }

  @Test
  void whatIsNoFineTuneOfTheBaseIsRefused() {
    Sample base = new Sample(TinyBert.CONFIG, 1);
    Tuned tuned = Tuned.of(base, 3, 1);
    try (DirectEncoder encoder = new DirectEncoder(base.config(), base.checkpoint(), 0)) {
      EncoderConfig other =
          EncoderConfig.of(new Sample(TinyBert.CONFIG, 1).checkpoint()).withLabels(List.of("a"));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> encoder.beside(tuned.delta(), other))
          .withMessageContaining("classifier.weight: expected [1, 8], got [3, 8]");
      EncoderConfig deeper =
          new EncoderConfig(11, 8, 3, 2, 12, 6, 2, 1e-3, 0, 0, 0, List.of("a", "b", "c"));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> encoder.beside(tuned.delta(), deeper))
          .withMessageContaining("expected the architecture of the base");
      try (BesideDelta beside = encoder.beside(tuned.delta(), tuned.config())) {
        assertThat(encoder.keptShare(beside)).isStrictlyBetween(0.0, 1.0);
        assertThat(beside.bytes()).isPositive();
        assertThatIllegalArgumentException()
            .isThrownBy(() -> encoder.logits(TinyBert.BATCH, List.of(beside)))
            .withMessage("expected a fine-tune of each of 3 texts, got 1");
      }
    }
  }
}
