package io.darex.bench.encoder;

import io.darex.prune.Checkpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import lombok.Builder;
import lombok.With;

/**
 * The architecture of an encoder, as its Hugging Face {@code config.json} states it.
 *
 * @param family which of the architectures we know
 * @param vocabSize rows of the word embeddings
 * @param embeddingSize width of the embeddings; only ELECTRA's may differ from the hidden size
 * @param hiddenSize width of every token's vector, a multiple of {@code heads}
 * @param layers number of transformer layers
 * @param heads attention heads per layer
 * @param intermediateSize width of the feed-forward layer
 * @param maxPositions rows of the position embeddings
 * @param typeVocabSize number of token types (segments), 0 in DistilBERT
 * @param padToken id of the padding token, after which RoBERTa's positions begin
 * @param activation of the feed-forward layers
 * @param layerNormEps ε of layer normalisation
 * @param hiddenDropout dropout rate of embeddings and of each sub-layer's output
 * @param attentionDropout dropout rate of attention probabilities
 * @param classifierDropout dropout rate before the classification head
 * @param labels names of the classes, in order; a single one for a regression, whose head gives a
 *     score; none for an encoder without a head
 */
@Builder
public record EncoderConfig(
    Family family,
    int vocabSize,
    int embeddingSize,
    int hiddenSize,
    int layers,
    int heads,
    int intermediateSize,
    int maxPositions,
    int typeVocabSize,
    int padToken,
    Activation activation,
    double layerNormEps,
    @With double hiddenDropout,
    @With double attentionDropout,
    @With double classifierDropout,
    @With List<String> labels) {

  /**
   * @throws IllegalArgumentException naming every value that cannot be, one per line
   */
  public EncoderConfig {
    labels = List.copyOf(labels);
    List<String> faults = new ArrayList<>();
    positive("vocab_size", vocabSize, faults);
    positive("hidden_size", hiddenSize, faults);
    positive("num_hidden_layers", layers, faults);
    positive("num_attention_heads", heads, faults);
    positive("intermediate_size", intermediateSize, faults);
    positive("max_position_embeddings", maxPositions, faults);
    if (family == Family.DISTILBERT ? typeVocabSize != 0 : typeVocabSize <= 0) {
      faults.add("type_vocab_size must be positive, 0 in DistilBERT: " + typeVocabSize);
    }
    if (embeddingSize <= 0 || (family != Family.ELECTRA && embeddingSize != hiddenSize)) {
      faults.add("embedding_size must be hidden_size outside ELECTRA: " + embeddingSize);
    }
    if (padToken < 0 || padToken >= vocabSize) {
      faults.add("pad_token_id must lie in [0, " + vocabSize + "): " + padToken);
    }
    if (maxPositions > 0 && family.unusedPositions(padToken) >= maxPositions) {
      faults.add("max_position_embeddings must exceed pad_token_id + 1: " + maxPositions);
    }
    if (heads > 0 && hiddenSize % heads != 0) {
      faults.add(
          "hidden_size must be a multiple of num_attention_heads: " + hiddenSize + ", " + heads);
    }
    if (!(layerNormEps > 0 && layerNormEps < 1)) {
      faults.add("layer_norm_eps must lie in (0, 1): " + layerNormEps);
    }
    rate("hidden_dropout_prob", hiddenDropout, faults);
    rate("attention_probs_dropout_prob", attentionDropout, faults);
    rate("classifier_dropout", classifierDropout, faults);
    refuse(faults);
  }

  /** A BERT with GELU: the architecture most checkpoints have. */
  public EncoderConfig(
      int vocabSize,
      int hiddenSize,
      int layers,
      int heads,
      int intermediateSize,
      int maxPositions,
      int typeVocabSize,
      double layerNormEps,
      double hiddenDropout,
      double attentionDropout,
      double classifierDropout,
      List<String> labels) {
    this(
        Family.BERT,
        vocabSize,
        hiddenSize,
        hiddenSize,
        layers,
        heads,
        intermediateSize,
        maxPositions,
        typeVocabSize,
        0,
        Activation.GELU,
        layerNormEps,
        hiddenDropout,
        attentionDropout,
        classifierDropout,
        labels);
  }

  /** The number of scores the head gives, 0 without a head. */
  public int classes() {
    return labels.size();
  }

  /** Whether the head gives one score, and not one for each class. */
  public boolean isRegression() {
    return labels.size() == 1;
  }

  /** The longest text, in tokens. */
  public int maxTokens() {
    return maxPositions - family.unusedPositions(padToken);
  }

  /** Whether there is the first layer of a head: BERT's pooler needs no labels. */
  public boolean hasDense() {
    return classes() > 0 || family.hasPooler();
  }

  /**
   * By parameter name, what a checkpoint calls it: encoder tensors may lack their prefix there, and
   * normalisation may be called gamma and beta. Parameters that the checkpoint lacks are absent.
   */
  public SortedMap<String, String> namesIn(Checkpoint checkpoint) {
    return Parameters.names(this, checkpoint);
  }

  /**
   * A checkpoint with the tensors that a fine-tune of {@code checkpoint} will have: values that are
   * there are those of {@code checkpoint}, those of a head that will be drawn are zero.
   */
  public Checkpoint undrawn(Checkpoint checkpoint) {
    return Parameters.undrawn(this, checkpoint);
  }

  /**
   * Refuses a checkpoint without one of this encoder's parameters, head included.
   *
   * @throws IllegalArgumentException as {@link Encoder#load} does
   */
  public void requireFits(Checkpoint checkpoint) {
    Parameters.requireFits(this, checkpoint, name -> true);
  }

  void requireHead() {
    if (labels.isEmpty()) {
      throw new IllegalStateException("this encoder has no classification head");
    }
  }

  /** This encoder with one dropout rate everywhere; 0 makes its gradients deterministic. */
  public EncoderConfig withDropout(double rate) {
    return withHiddenDropout(rate).withAttentionDropout(rate).withClassifierDropout(rate);
  }

  /**
   * Reads the text of a {@code config.json}; without {@code architectures} it is that of an encoder
   * alone.
   *
   * @throws IllegalArgumentException if it is no JSON object, or naming every missing value and
   *     every one that would make another computation than ours
   */
  public static EncoderConfig fromJson(String json) {
    return ConfigJson.read(json, family -> false);
  }

  /**
   * The architecture of a checkpoint: its {@code config.json}, or where that does not state {@code
   * architectures} its tensors, say whether it has a head. Nothing is read but headers.
   *
   * @throws IllegalArgumentException as {@link #fromJson}, if there is no {@code config.json}, or
   *     if the encoder's tensors are not there in the sizes that it states
   */
  public static EncoderConfig of(Checkpoint checkpoint) {
    String json =
        checkpoint
            .config()
            .orElseThrow(() -> new IllegalArgumentException("expected a config.json, got none"));
    EncoderConfig config =
        ConfigJson.read(json, family -> Parameters.hasHead(family, checkpoint.tensors().keySet()));
    Parameters.requireBody(config, checkpoint);
    return config;
  }

  /**
   * The layers of the head that {@code checkpoint} has not, or not for so many {@link #labels}:
   * training draws them, and nothing can be scored with them.
   *
   * @return their names, such as {@code classifier}
   */
  public List<String> drawnLayers(Checkpoint checkpoint) {
    return Parameters.drawn(this, checkpoint);
  }

  /** The text of the {@code config.json} that transformers reads as this encoder. */
  public String toJson() {
    return ConfigJson.write(this);
  }

  private static void positive(String key, int value, List<String> faults) {
    if (value <= 0) {
      faults.add(key + " must be positive: " + value);
    }
  }

  private static void rate(String key, double value, List<String> faults) {
    if (!(value >= 0 && value < 1)) {
      faults.add(key + " must lie in [0, 1): " + value);
    }
  }

  static void refuse(List<String> faults) {
    if (!faults.isEmpty()) {
      throw new IllegalArgumentException("unusable encoder config: " + String.join("; ", faults));
    }
  }
}
