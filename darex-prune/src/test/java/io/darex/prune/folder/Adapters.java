package io.darex.prune.folder;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Tensor;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.Renamed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Adapter folders with the keys that PEFT 0.14 gives them, written without {@link PeftAdapter}. */
public final class Adapters {
  public static final String MODEL = "base_model.model.";
  public static final String QUERY = "bert.encoder.layer.0.attention.self.query";
  public static final String VALUE = "bert.encoder.layer.0.attention.self.value";

  public static final int OUT = 7;
  public static final int IN = 5;
  public static final Tensor QUERY_BASE = base(QUERY + ".weight", OUT, IN);
  public static final Tensor VALUE_BASE = base(VALUE + ".weight", OUT, IN);
  public static final Tensor HEAD =
      named("classifier.weight", Checkpoints.random(5, "head", 1, 3, OUT));

  /** As PEFT saves it for a BERT classifier, but for r, alpha and target_modules of the test. */
  public static final String CONFIG =
      """
      {
        "alpha_pattern": {},
        "auto_mapping": null,
        "base_model_name_or_path": "bert-base-uncased",
        "bias": "none",
        "eva_config": null,
        "exclude_modules": null,
        "fan_in_fan_out": false,
        "inference_mode": true,
        "init_lora_weights": true,
        "layer_replication": null,
        "layers_pattern": null,
        "layers_to_transform": null,
        "loftq_config": {},
        "lora_alpha": 6,
        "lora_bias": false,
        "lora_dropout": 0.1,
        "megatron_config": null,
        "megatron_core": "megatron.core",
        "modules_to_save": ["classifier", "score"],
        "peft_type": "LORA",
        "r": 2,
        "rank_pattern": {},
        "revision": null,
        "target_modules": ["value", "query"],
        "task_type": "SEQ_CLS",
        "use_dora": false,
        "use_rslora": false
      }
      """;

  private Adapters() {}

  public static Tensor base(String name, long... shape) {
    return Checkpoints.random(name.hashCode(), name, 1, shape);
  }

  /** The base of {@link #ordinary}. */
  public static Checkpoint base() {
    return Checkpoints.of(QUERY_BASE, VALUE_BASE, base("bert.pooler.dense.bias", OUT));
  }

  /** An adapter of rank 2 with factors of both modules and a head. */
  public static Path ordinary(Path folder, String config) throws IOException {
    return write(
        folder, config, a(QUERY, 2, IN), b(QUERY, OUT, 2), a(VALUE, 2, IN), b(VALUE, OUT, 2), HEAD);
  }

  public static Tensor a(String module, int rank, int in) {
    return Checkpoints.random(module.hashCode(), MODEL + module + ".lora_A.weight", 1, rank, in);
  }

  public static Tensor b(String module, int out, int rank) {
    return Checkpoints.random(~module.hashCode(), MODEL + module + ".lora_B.weight", 1, out, rank);
  }

  public static Tensor named(String key, Tensor tensor) {
    return new Renamed(MODEL + key, tensor);
  }

  public static Path write(Path folder, String config, Tensor... tensors) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("adapter_config.json"), config);
    Path file = folder.resolve("adapter_model.safetensors");
    Safetensors.write(file, List.of(tensors), Map.of("format", "pt"), true);
    return folder;
  }
}
