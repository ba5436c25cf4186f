package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.darex.bench.bundle.Bundles;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.prune.Tensor;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.folder.CheckpointDigest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;

class BertBaseTest {
  private static final String DATA = "variables/variables.data-00000-of-00001";

  /**
   * Over the 199 tensors that an independent reader in Python finds in the artifact, written as a
   * safetensors file.
   */
  private static final String DIGEST =
      "dc0df43edb6659fcf05209f854b68a8538b04a8b1060ee9c910695d31d3de9e8";

  private static byte[] zip(Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
      }
    }
    return bytes.toByteArray();
  }

  private static void assertRefused(byte[] bytes, String message) {
    assertThatThrownBy(() -> BertBase.read(new ByteArrayInputStream(bytes)))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageStartingWith("bert-uncased-L-12-H-768-A-12: expected ")
        .hasMessageContaining(message);
  }

  @Test
  void damageIsNamed() throws IOException {
    Bundles bundle = new Bundles().add("module/bert/pooler/dense/bias", new float[768], 768);
    SortedMap<String, byte[]> entries =
        new TreeMap<>(
            Map.of(
                "assets/vocab.txt",
                "[PAD]".getBytes(StandardCharsets.UTF_8),
                "variables/variables.index",
                bundle.index(),
                DATA,
                bundle.data()));
    assertRefused(new byte[0], "an entry variables/variables.index, got none");
    assertRefused(zip(entries), "the tensors of BERT, got checkpoint does not fit the encoder: ");
    entries.put(DATA, new byte[100]);
    assertRefused(zip(entries), "between 0 and 100, got offset 0");
    entries.remove(DATA);
    assertRefused(zip(entries), "an entry " + DATA + ", got none");
    byte[] bad = zip(entries);
    Arrays.fill(bad, bad.length / 2, bad.length, (byte) 0x55);
    assertThatThrownBy(() -> BertBase.read(new ByteArrayInputStream(bad)))
        .isInstanceOf(IOException.class);
  }

  /** Only in a build with it: mvn -Pbert-base verify. */
  @Test
  void tensorsAndOutputsAreThoseOfOthers() throws IOException {
    assumeTrue(BertBase.present(), "bert-base-uncased is not in this build");
    Pretrained bert = BuiltInEncoders.read("bert-base-uncased");
    SortedMap<String, Tensor> tensors = bert.checkpoint().tensors();
    assertThat(tensors).hasSize(199);
    assertThat(tensors.values().stream().mapToLong(Tensor::count).sum()).isEqualTo(109_482_240);
    assertThat(CheckpointDigest.of(bert.checkpoint())).isEqualTo(DIGEST);
    try (Tokenizer tokenizer = new Tokenizer(bert.tokenizer().json(), 128);
        Encoder encoder = new DirectEncoder(bert.config(), bert.checkpoint(), 0)) {
      Batch batch = Batch.of(List.of(tokenizer.encode("Hello, my dog is cute")));
      float[] hidden = encoder.lastHidden(batch);
      // What transformers gives at the first token.
      float[] ends = {hidden[0], hidden[1], hidden[2], hidden[765], hidden[766], hidden[767]};
      assertThat(ends)
          .containsExactly(
              new float[] {-0.1144f, 0.1937f, 0.1250f, -0.3827f, 0.2107f, 0.5407f}, within(1e-4f));
    }
  }
}
