package io.darex.bench.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.darex.bench.config.FinetuneConfig;
import io.darex.bench.config.RunConfig;
import io.darex.bench.encoder.EngineChoice;
import io.darex.bench.task.Example;
import io.darex.bench.task.TaskData;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** What determines a tuned checkpoint, in one number. */
final class Job {
  private Job() {}

  /**
   * SHA-256 over task, encoder, what of engine, device and precision is asked for, one of the
   * fine-tunes and every example; of a fine-tune or a support that is there already its content
   * counts too.
   *
   * @param given the digest of that content, where there is one
   */
  static String digest(
      RunConfig config, FinetuneConfig finetune, TaskData data, Optional<String> given) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      JsonMapper json = new JsonMapper();
      sha.update(json.writeValueAsBytes(List.of(config.task().name(), config.encoder(), finetune)));
      if (!config.engine().equals(EngineChoice.AUTO)) {
        // Each rounds in its own way; what has always been chosen keeps its number.
        sha.update(config.engine().toString().getBytes(StandardCharsets.UTF_8));
      }
      given.ifPresent(digest -> sha.update(digest.getBytes(StandardCharsets.UTF_8)));
      for (List<Example> split : List.of(data.train(), data.validation(), data.dev())) {
        for (Example example : split) {
          String second = example.second().orElse("");
          String label = BigDecimal.valueOf(example.label()).stripTrailingZeros().toPlainString();
          String line = label + "\t" + example.text() + "\t" + second + "\n";
          sha.update(line.getBytes(StandardCharsets.UTF_8));
        }
        sha.update((byte) 0);
      }
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException | JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
