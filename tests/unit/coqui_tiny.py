"""Writes a Coqui voice of random numbers: `python coqui_tiny.py vits|xtts FOLDER [full]`.

Run by the interpreter that has coqui-tts. `full` has the sizes of the published models; without it the voice
is small enough to be made in a test.
"""

import sys
from pathlib import Path

import torch


def vits(folder: Path, full: bool) -> None:
    from TTS.tts.configs.vits_config import VitsConfig
    from TTS.tts.models.vits import Vits, VitsArgs

    small = {
        "hidden_channels": 16,
        "hidden_channels_ffn_text_encoder": 32,
        "num_layers_text_encoder": 1,
        "num_layers_flow": 1,
        "num_layers_posterior_encoder": 1,
        "upsample_initial_channel_decoder": 32,
    }
    arguments = VitsArgs(length_scale=6.0, init_discriminator=False, **({} if full else small))
    model = Vits(VitsConfig(model_args=arguments, use_phonemes=False))
    torch.save({"model": model.state_dict()}, folder / "model_file.pth")
    model.config.save_json(str(folder / "config.json"))


def xtts(folder: Path, full: bool) -> None:
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from TTS.tts.configs.xtts_config import XttsArgs, XttsConfig
    from TTS.tts.models.xtts import Xtts

    letters = ["[STOP]", "[UNK]", "[SPACE]", "[START]", "[en]", *"abcdefghijklmnopqrstuvwxyz.,?!'"]
    tokenizer = Tokenizer(BPE({word: place for place, word in enumerate(letters)}, [], unk_token="[UNK]"))
    tokenizer.add_special_tokens(letters[:5])
    tokenizer.save(str(folder / "vocab.json"))
    small = {"gpt_layers": 1, "gpt_n_model_channels": 64, "gpt_n_heads": 2, "decoder_input_dim": 64}
    arguments = XttsArgs(gpt_use_perceiver_resampler=True, **({} if full else small))
    # The published model's tokens; random weights hardly ever end a clause, so it is kept to 80 tokens.
    arguments.gpt_num_audio_tokens, arguments.gpt_start_audio_token = 1026, 1024
    arguments.gpt_stop_audio_token, arguments.gpt_max_audio_tokens = 1025, 80 if full else 24
    config = XttsConfig(model_args=arguments, languages=["en"])
    model = Xtts(config)
    from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer

    model.tokenizer = VoiceBpeTokenizer(vocab_file=folder / "vocab.json")
    model.init_models()
    torch.save({"model": model.state_dict()}, folder / "model.pth")
    width = arguments.gpt_n_model_channels
    voice = {"gpt_cond_latent": torch.randn(1, 32, width), "speaker_embedding": torch.randn(1, 512, 1)}
    torch.save({"Tiny": voice}, folder / "speakers_xtts.pth")
    config.save_json(str(folder / "config.json"))


def main() -> None:
    kind, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(5)
    {"vits": vits, "xtts": xtts}[kind](folder, "full" in sys.argv[3:])


if __name__ == "__main__":
    main()
