package io.darex.prune.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.prune.Checkpoints;
import io.darex.prune.KeptTensor;
import io.darex.prune.Mask;
import io.darex.prune.Provenance;
import io.darex.prune.Scale;
import io.darex.prune.SideFile;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.TensorMask;
import io.darex.prune.Values;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.Digests;
import io.darex.prune.mask.MagnitudeMask;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.mask.Scope;
import io.darex.prune.recipe.StoredValues;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How large files are: as the entropy says and as they are foretold. */
class DeltaFileSizeTest {
  private static final String CONFIG =
      """
      {"architectures":["BertForSequenceClassification"],"attention_probs_dropout_prob":0.1,\
      "classifier_dropout":null,"gradient_checkpointing":false,"hidden_act":"gelu",\
      "hidden_dropout_prob":0.1,"hidden_size":768,"initializer_range":0.02,\
      "intermediate_size":3072,"layer_norm_eps":1e-12,"max_position_embeddings":512,\
      "model_type":"bert","num_attention_heads":12,"num_hidden_layers":12,"pad_token_id":0,\
      "position_embedding_type":"absolute","problem_type":"single_label_classification",\
      "torch_dtype":"float32","transformers_version":"4.44.2","type_vocab_size":2,\
      "use_cache":true,"vocab_size":30522}\
      """;

  private static final String JOB =
      """
      {"recipe":{"budget":"uniform","dropRate":0.999,"exclude":[],"mask":"magnitude","norm":"l2",\
      "only":[],"preset":"encoder","rescale":"norm-match","scope":"model","values":"f32"},\
      "tool":"darex 1.0.0"}\
      """;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(doubles = {0.9, 0.99, 0.999, 0.9999})
  void headerAndTableOfBertTakeSixKilobytes(double dropRate) throws IOException {
    Mask mask = new MagnitudeMask(dropRate, Scope.MODEL);
    SparseDelta delta = delta(Bert.shapes(12), dropRate, mask, Values.F32);
    Path file = folder.resolve("delta");
    SparseDeltaFile.write(file, delta, true);
    long data = entropy(delta) + 4 * kept(delta) + 4 * (2 * 768 + 2);
    long overhead = Files.size(file) - bytes(file, "values") - bytes(file, "places") - 4 * 1538;
    assertThat(overhead).isLessThan(6000);
    assertThat(Files.size(file)).isBetween(data, (data + overhead) * 105 / 100);
  }

  private static long bytes(Path file, String key) throws IOException {
    Tensor tensor = SparseDeltaFile.open(file).tensors().tensors().get(key);
    return tensor.dtype().bytes(tensor.count());
  }

  /** Signs and their places alone: where the entropy of the places is most of the file. */
  @ParameterizedTest
  @ValueSource(doubles = {0.5, 0.9, 0.97, 0.99, 0.997, 0.999, 0.9999})
  void placesTakeWhatTheirEntropySays(double dropRate) {
    SortedMap<String, long[]> shapes = new TreeMap<>();
    for (int i = 0; i < 5; i++) {
      shapes.put("layer." + i, new long[] {1000, 2000});
    }
    Mask mask = new MagnitudeMask(dropRate, Scope.TENSOR);
    SparseDelta delta = delta(shapes, dropRate, mask, Values.SIGN);
    SparseDelta none = delta(new TreeMap<>(), dropRate, mask, Values.SIGN);
    long overhead = SparseDeltaFile.bytes(none, true, 1) + 200;
    long data = entropy(delta) + kept(delta) / 8;
    assertThat(SparseDeltaFile.bytes(delta, true, 2)).isBetween(data, overhead + data * 105 / 100);
  }

  @Test
  void isForetoldToTheByte() throws IOException {
    for (Mask mask : SparseDeltas.MASKS) {
      SparseDelta view =
          SparseDeltas.view(mask, SparseDeltas.base(new long[] {30, 301}, new long[] {700}));
      for (Values values : Values.values()) {
        SparseDelta delta = StoredValues.of(view, values, 1);
        for (boolean digest : new boolean[] {true, false}) {
          Path file = folder.resolve("delta");
          SparseDeltaFile.write(file, delta, digest, WriteOptions.defaults().withForce(true));
          assertThat(SparseDeltaFile.bytes(delta, digest, 2)).isEqualTo(Files.size(file));
        }
        Path sealed = folder.resolve("sealed");
        WriteOptions options = WriteOptions.defaults().withForce(true);
        SparseDeltaFile.write(sealed, delta, Digests.none(), options);
        assertThat(SparseDeltaFile.sealedBytes(delta, false, 2)).isEqualTo(Files.size(sealed));
      }
    }
  }

  /** A delta with random places, a head and a tokenizer. */
  private static SparseDelta delta(
      SortedMap<String, long[]> shapes, double dropRate, Mask mask, Values values) {
    SortedMap<String, KeptTensor> kept = new TreeMap<>();
    shapes.forEach((name, shape) -> kept.put(name, kept(name, shape, dropRate)));
    Map<String, SideFile> files = new TreeMap<>();
    for (String name :
        new String[] {
          "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"
        }) {
      files.put(name, new SideFile("ab".repeat(32), Optional.empty()));
    }
    SortedMap<String, Tensor> head = new TreeMap<>();
    head.put("classifier.weight", Checkpoints.random(1, "classifier.weight", 0.02, 2, 768));
    head.put("classifier.bias", Checkpoints.random(2, "classifier.bias", 0.02, 2));
    Provenance provenance =
        new Provenance(
            Optional.of("01".repeat(32)),
            Optional.of("23".repeat(32)),
            JOB,
            Optional.of(CONFIG),
            new TreeMap<>(files));
    SparseDelta delta = new SparseDelta(mask, Scale.of(0.03), Values.F32, kept, head, provenance);
    return StoredValues.of(delta, values, 2);
  }

  private static KeptTensor kept(String name, long[] shape, double dropRate) {
    TensorMask mask = new RandomMask(7, dropRate).on(name, shape);
    char[] offsets = new char[TensorMask.BLOCK];
    char[][] places = new char[(int) TensorMask.blocks(Tensor.count(shape))][];
    float[][] values = new float[places.length][];
    for (int block = 0; block < places.length; block++) {
      int here = mask.block(block, offsets);
      places[block] = Arrays.copyOf(offsets, here);
      values[block] = new float[here];
      Arrays.fill(values[block], 0.001f);
    }
    return new KeptTensor(name, shape, places, values);
  }

  private static long kept(SparseDelta delta) {
    return delta.kept().values().stream().mapToLong(KeptTensor::kept).sum();
  }

  /** The bytes that places need at least, were all choices of so many equally likely. */
  private static long entropy(SparseDelta delta) {
    double bits = 0;
    for (KeptTensor kept : delta.kept().values()) {
      double n = Tensor.count(kept.shape());
      double k = kept.kept();
      if (k > 0 && k < n) {
        bits -= k * Math.log(k / n) / Math.log(2) + (n - k) * Math.log1p(-k / n) / Math.log(2);
      }
    }
    return (long) (bits / Byte.SIZE);
  }
}
