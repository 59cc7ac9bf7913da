"""The networks that exist, by what tells their signatures apart (domain: section 1.7)."""

from typing import Final

import msgspec


class Network(msgspec.Struct, frozen=True):
    """One network: the chain id of its blocks and the EIP-712 domain of its entity transactions."""

    name: str
    chain_id: str
    eip712_chain_id: int
    verifying_contract: str


_SHARED_CONTRACT = "0x1Cd8a543596D499B9b6E7a6eC15ECd2B7857Fd64"

PROD: Final = Network("prod", "audius-mainnet-alpha-beta", 31524, _SHARED_CONTRACT)
STAGE: Final = Network("stage", "audius-testnet-alpha", 1056801, _SHARED_CONTRACT)
DEV: Final = Network("dev", "openaudio-devnet", 1337, "0x254dffcd3277C0b1660F6d42EFbB754edaBAbC2B")

NETWORKS: Final = {network.name: network for network in (PROD, STAGE, DEV)}
