package io.darex.bench.encoder;

import java.util.Arrays;
import java.util.Optional;

/**
 * The encoder architectures we compute: what they call their parameters and where they differ.
 *
 * <p>Names are those of the sequence classification models of Hugging Face transformers, so that
 * fine-tuned folders load there.
 */
public enum Family {
  /** Devlin et al. 2019. */
  BERT("bert", "Bert", "bert."),

  /** Liu et al. 2019: positions begin after that of padding; a head of its own. */
  ROBERTA("roberta", "Roberta", "roberta."),

  /** Conneau et al. 2020: RoBERTa's computation and tensors, another vocabulary. */
  XLM_ROBERTA("xlm-roberta", "XLMRoberta", "roberta."),

  /** Martin et al. 2020: likewise. */
  CAMEMBERT("camembert", "Camembert", "roberta."),

  /** Sanh et al. 2019: no token types, no pooler. */
  DISTILBERT("distilbert", "DistilBert", "distilbert."),

  /** Clark et al. 2020: embeddings may be narrower than the layers; a head with GELU. */
  ELECTRA("electra", "Electra", "electra.");

  private final String modelType;
  private final String className;
  private final String prefix;

  Family(String modelType, String className, String prefix) {
    this.modelType = modelType;
    this.className = className;
    this.prefix = prefix;
  }

  /** The parameters of a layer, without {@code .weight} and {@code .bias}. */
  record LayerNames(
      String query,
      String key,
      String value,
      String attentionOutput,
      String attentionNorm,
      String intermediate,
      String output,
      String outputNorm) {}

  /**
   * A classification head.
   *
   * @param dense name of its first layer, which BERT calls pooler and keeps in the encoder
   * @param activation after that layer
   * @param dropsInput whether dropout acts before it as well as after it
   * @param out name of its last layer
   */
  record Head(String dense, Activation activation, boolean dropsInput, String out) {}

  /** The family of a {@code model_type}. */
  static Optional<Family> ofModelType(String modelType) {
    return Arrays.stream(values()).filter(f -> f.modelType.equals(modelType)).findFirst();
  }

  /** The family whose computation and parameter names these are, such as RoBERTa's for XLM-R. */
  public Family body() {
    return this == XLM_ROBERTA || this == CAMEMBERT ? ROBERTA : this;
  }

  /** What {@code config.json} calls it. */
  String modelType() {
    return modelType;
  }

  /** What the names of its model classes begin with. */
  String className() {
    return className;
  }

  /**
   * What the names of all encoder parameters begin with, which an encoder's own file leaves out.
   */
  String prefix() {
    return prefix;
  }

  Head head() {
    return switch (this) {
      case BERT -> new Head("bert.pooler.dense", Activation.TANH, false, "classifier");
      case ROBERTA, XLM_ROBERTA, CAMEMBERT ->
          new Head("classifier.dense", Activation.TANH, true, "classifier.out_proj");
      case DISTILBERT -> new Head("pre_classifier", Activation.RELU, false, "classifier");
      case ELECTRA -> new Head("classifier.dense", Activation.GELU, true, "classifier.out_proj");
    };
  }

  /** Whether the encoder itself ends in the head's first layer. */
  boolean hasPooler() {
    return this == BERT;
  }

  /** Whether a parameter is the task head's and not the encoder's. */
  public boolean isHead(String parameter) {
    return !parameter.startsWith(prefix());
  }

  /** How many of the rows of the position table no token can have. */
  int unusedPositions(int padToken) {
    return body() == ROBERTA ? padToken + 1 : 0;
  }

  /**
   * The position of a token in its table.
   *
   * @param column where it stands in its text
   * @param seen how many tokens before it are no padding
   */
  int position(int column, int seen, int id, int padToken) {
    if (body() != ROBERTA) {
      return column;
    }
    return id == padToken ? padToken : padToken + 1 + seen;
  }

  String words() {
    return prefix() + "embeddings.word_embeddings.weight";
  }

  String positions() {
    return prefix() + "embeddings.position_embeddings.weight";
  }

  String types() {
    return prefix() + "embeddings.token_type_embeddings.weight";
  }

  String embeddingNorm() {
    return prefix() + "embeddings.LayerNorm";
  }

  String projection() {
    return prefix() + "embeddings_project";
  }

  LayerNames layer(int index) {
    if (this == DISTILBERT) {
      String layer = prefix() + "transformer.layer." + index + ".";
      return new LayerNames(
          layer + "attention.q_lin",
          layer + "attention.k_lin",
          layer + "attention.v_lin",
          layer + "attention.out_lin",
          layer + "sa_layer_norm",
          layer + "ffn.lin1",
          layer + "ffn.lin2",
          layer + "output_layer_norm");
    }
    String layer = prefix() + "encoder.layer." + index + ".";
    return new LayerNames(
        layer + "attention.self.query",
        layer + "attention.self.key",
        layer + "attention.self.value",
        layer + "attention.output.dense",
        layer + "attention.output.LayerNorm",
        layer + "intermediate.dense",
        layer + "output.dense",
        layer + "output.LayerNorm");
  }
}
