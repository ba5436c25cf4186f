package io.darex.bench.encoder;

import io.darex.bench.tokenizer.EncodedText;
import io.darex.prune.Checkpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** An architecture with random sizes, weights and texts, all from the seed. */
public record Sample(EncoderConfig config, long seed) {
  public Checkpoint checkpoint() {
    return TinyBert.checkpoint(config, seed);
  }

  public Batch batch() {
    return batch(1 + new Random(seed).nextInt(9));
  }

  public Batch batch(int texts) {
    return Batch.of(texts(texts));
  }

  public List<EncodedText> texts(int texts) {
    Random random = new Random(seed + 1);
    List<EncodedText> list = new ArrayList<>();
    for (int i = 0; i < texts; i++) {
      int length = 1 + random.nextInt(config.maxTokens());
      int[] ids = random.ints(length, 0, config.vocabSize()).toArray();
      int types = Math.max(1, config.typeVocabSize());
      list.add(new EncodedText(ids, random.ints(length, 0, types).toArray()));
    }
    return list;
  }

  /** Labels, or the targets of a regression. */
  float[] wanted(int texts) {
    Random random = new Random(seed + 2);
    float[] wanted = new float[texts];
    for (int i = 0; i < texts; i++) {
      wanted[i] = config.isRegression() ? 5 * random.nextFloat() : random.nextInt(config.classes());
    }
    return wanted;
  }

  Gradients gradients(Encoder encoder, Batch batch, long dropoutSeed) {
    float[] wanted = wanted(batch.rows());
    if (config.isRegression()) {
      return encoder.gradients(batch, wanted, dropoutSeed);
    }
    int[] labels = new int[wanted.length];
    Arrays.setAll(labels, i -> (int) wanted[i]);
    return encoder.gradients(batch, labels, dropoutSeed);
  }

  /** Every family with the activations of most models and 1 to 3 labels; of others one each. */
  public static Stream<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    for (Family family : List.of(Family.BERT, Family.ROBERTA, Family.DISTILBERT, Family.ELECTRA)) {
      for (Activation activation :
          List.of(Activation.GELU, Activation.GELU_TANH, Activation.RELU)) {
        for (int labels = 1; labels <= 3; labels++) {
          long seed = samples.size();
          samples.add(new Sample(architecture(family, activation, labels, seed), seed));
        }
      }
    }
    for (Activation activation : List.of(Activation.SILU, Activation.TANH)) {
      long seed = samples.size();
      samples.add(new Sample(architecture(Family.BERT, activation, 2, seed), seed));
    }
    for (Family family : List.of(Family.XLM_ROBERTA, Family.CAMEMBERT)) {
      long seed = samples.size();
      samples.add(new Sample(architecture(family, Activation.GELU, 2, seed), seed));
    }
    return samples.stream();
  }

  public static EncoderConfig architecture(
      Family family, Activation activation, int labels, long seed) {
    Random random = new Random(seed);
    int heads = 1 + random.nextInt(3);
    int hidden = heads * (1 + random.nextInt(5));
    return EncoderConfig.builder()
        .family(family)
        .vocabSize(5 + random.nextInt(20))
        .embeddingSize(
            family == Family.ELECTRA && random.nextBoolean() ? 1 + random.nextInt(7) : hidden)
        .hiddenSize(hidden)
        .layers(1 + random.nextInt(3))
        .heads(heads)
        .intermediateSize(1 + random.nextInt(23))
        .maxPositions(4 + random.nextInt(12))
        .typeVocabSize(family == Family.DISTILBERT ? 0 : 1 + random.nextInt(2))
        .padToken(random.nextInt(3))
        .activation(activation)
        .layerNormEps(1e-3)
        .hiddenDropout(0)
        .attentionDropout(0)
        .classifierDropout(0)
        .labels(Collections.nCopies(labels, "label"))
        .build();
  }
}
