import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PingRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PingResponse(_message.Message):
    __slots__ = ("message",)
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    message: str
    def __init__(self, message: _Optional[str] = ...) -> None: ...

class GetNodeInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetNodeInfoResponse(_message.Message):
    __slots__ = ("chainid", "synced", "comet_address", "eth_address", "current_height")
    CHAINID_FIELD_NUMBER: _ClassVar[int]
    SYNCED_FIELD_NUMBER: _ClassVar[int]
    COMET_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    ETH_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    CURRENT_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    chainid: str
    synced: bool
    comet_address: str
    eth_address: str
    current_height: int
    def __init__(self, chainid: _Optional[str] = ..., synced: _Optional[bool] = ..., comet_address: _Optional[str] = ..., eth_address: _Optional[str] = ..., current_height: _Optional[int] = ...) -> None: ...

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("live", "ready", "chain_info", "sync_info", "pruning_info")
    class ChainInfo(_message.Message):
        __slots__ = ("chain_id", "current_height", "current_block_hash", "total_tx_count")
        CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
        CURRENT_HEIGHT_FIELD_NUMBER: _ClassVar[int]
        CURRENT_BLOCK_HASH_FIELD_NUMBER: _ClassVar[int]
        TOTAL_TX_COUNT_FIELD_NUMBER: _ClassVar[int]
        chain_id: str
        current_height: int
        current_block_hash: str
        total_tx_count: int
        def __init__(self, chain_id: _Optional[str] = ..., current_height: _Optional[int] = ..., current_block_hash: _Optional[str] = ..., total_tx_count: _Optional[int] = ...) -> None: ...
    class SyncInfo(_message.Message):
        __slots__ = ("synced",)
        SYNCED_FIELD_NUMBER: _ClassVar[int]
        synced: bool
        def __init__(self, synced: _Optional[bool] = ...) -> None: ...
    class PruningInfo(_message.Message):
        __slots__ = ("enabled", "retain_blocks", "earliest_height")
        ENABLED_FIELD_NUMBER: _ClassVar[int]
        RETAIN_BLOCKS_FIELD_NUMBER: _ClassVar[int]
        EARLIEST_HEIGHT_FIELD_NUMBER: _ClassVar[int]
        enabled: bool
        retain_blocks: int
        earliest_height: int
        def __init__(self, enabled: _Optional[bool] = ..., retain_blocks: _Optional[int] = ..., earliest_height: _Optional[int] = ...) -> None: ...
    LIVE_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    CHAIN_INFO_FIELD_NUMBER: _ClassVar[int]
    SYNC_INFO_FIELD_NUMBER: _ClassVar[int]
    PRUNING_INFO_FIELD_NUMBER: _ClassVar[int]
    live: bool
    ready: bool
    chain_info: GetStatusResponse.ChainInfo
    sync_info: GetStatusResponse.SyncInfo
    pruning_info: GetStatusResponse.PruningInfo
    def __init__(self, live: _Optional[bool] = ..., ready: _Optional[bool] = ..., chain_info: _Optional[_Union[GetStatusResponse.ChainInfo, _Mapping]] = ..., sync_info: _Optional[_Union[GetStatusResponse.SyncInfo, _Mapping]] = ..., pruning_info: _Optional[_Union[GetStatusResponse.PruningInfo, _Mapping]] = ...) -> None: ...

class GetBlockRequest(_message.Message):
    __slots__ = ("height",)
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    height: int
    def __init__(self, height: _Optional[int] = ...) -> None: ...

class GetBlockResponse(_message.Message):
    __slots__ = ("block", "current_height")
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    CURRENT_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    block: Block
    current_height: int
    def __init__(self, block: _Optional[_Union[Block, _Mapping]] = ..., current_height: _Optional[int] = ...) -> None: ...

class GetBlocksRequest(_message.Message):
    __slots__ = ("height",)
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    height: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, height: _Optional[_Iterable[int]] = ...) -> None: ...

class GetBlocksResponse(_message.Message):
    __slots__ = ("blocks", "current_height")
    class BlocksEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: Block
        def __init__(self, key: _Optional[int] = ..., value: _Optional[_Union[Block, _Mapping]] = ...) -> None: ...
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    CURRENT_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    blocks: _containers.MessageMap[int, Block]
    current_height: int
    def __init__(self, blocks: _Optional[_Mapping[int, Block]] = ..., current_height: _Optional[int] = ...) -> None: ...

class Block(_message.Message):
    __slots__ = ("height", "hash", "chain_id", "proposer", "timestamp", "transactions")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    PROPOSER_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    TRANSACTIONS_FIELD_NUMBER: _ClassVar[int]
    height: int
    hash: str
    chain_id: str
    proposer: str
    timestamp: _timestamp_pb2.Timestamp
    transactions: _containers.RepeatedCompositeFieldContainer[Transaction]
    def __init__(self, height: _Optional[int] = ..., hash: _Optional[str] = ..., chain_id: _Optional[str] = ..., proposer: _Optional[str] = ..., timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., transactions: _Optional[_Iterable[_Union[Transaction, _Mapping]]] = ...) -> None: ...

class Transaction(_message.Message):
    __slots__ = ("hash", "transaction", "chain_id", "height", "block_hash", "timestamp", "transactionv2")
    HASH_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    BLOCK_HASH_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    TRANSACTIONV2_FIELD_NUMBER: _ClassVar[int]
    hash: str
    transaction: SignedTransaction
    chain_id: str
    height: int
    block_hash: str
    timestamp: _timestamp_pb2.Timestamp
    transactionv2: TransactionV2
    def __init__(self, hash: _Optional[str] = ..., transaction: _Optional[_Union[SignedTransaction, _Mapping]] = ..., chain_id: _Optional[str] = ..., height: _Optional[int] = ..., block_hash: _Optional[str] = ..., timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., transactionv2: _Optional[_Union[TransactionV2, _Mapping]] = ...) -> None: ...

class TransactionV2(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SignedTransaction(_message.Message):
    __slots__ = ("signature", "request_id", "plays", "validator_registration", "sla_rollup", "manage_entity", "validator_deregistration", "storage_proof", "storage_proof_verification", "attestation", "release", "reward", "file_upload")
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PLAYS_FIELD_NUMBER: _ClassVar[int]
    VALIDATOR_REGISTRATION_FIELD_NUMBER: _ClassVar[int]
    SLA_ROLLUP_FIELD_NUMBER: _ClassVar[int]
    MANAGE_ENTITY_FIELD_NUMBER: _ClassVar[int]
    VALIDATOR_DEREGISTRATION_FIELD_NUMBER: _ClassVar[int]
    STORAGE_PROOF_FIELD_NUMBER: _ClassVar[int]
    STORAGE_PROOF_VERIFICATION_FIELD_NUMBER: _ClassVar[int]
    ATTESTATION_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    REWARD_FIELD_NUMBER: _ClassVar[int]
    FILE_UPLOAD_FIELD_NUMBER: _ClassVar[int]
    signature: str
    request_id: str
    plays: TrackPlays
    validator_registration: ValidatorRegistrationLegacy
    sla_rollup: SlaRollup
    manage_entity: ManageEntityLegacy
    validator_deregistration: ValidatorMisbehaviorDeregistration
    storage_proof: StorageProof
    storage_proof_verification: StorageProofVerification
    attestation: Attestation
    release: NewReleaseMessage
    reward: RewardMessage
    file_upload: FileUpload
    def __init__(self, signature: _Optional[str] = ..., request_id: _Optional[str] = ..., plays: _Optional[_Union[TrackPlays, _Mapping]] = ..., validator_registration: _Optional[_Union[ValidatorRegistrationLegacy, _Mapping]] = ..., sla_rollup: _Optional[_Union[SlaRollup, _Mapping]] = ..., manage_entity: _Optional[_Union[ManageEntityLegacy, _Mapping]] = ..., validator_deregistration: _Optional[_Union[ValidatorMisbehaviorDeregistration, _Mapping]] = ..., storage_proof: _Optional[_Union[StorageProof, _Mapping]] = ..., storage_proof_verification: _Optional[_Union[StorageProofVerification, _Mapping]] = ..., attestation: _Optional[_Union[Attestation, _Mapping]] = ..., release: _Optional[_Union[NewReleaseMessage, _Mapping]] = ..., reward: _Optional[_Union[RewardMessage, _Mapping]] = ..., file_upload: _Optional[_Union[FileUpload, _Mapping]] = ...) -> None: ...

class TrackPlays(_message.Message):
    __slots__ = ("plays",)
    PLAYS_FIELD_NUMBER: _ClassVar[int]
    plays: _containers.RepeatedCompositeFieldContainer[TrackPlay]
    def __init__(self, plays: _Optional[_Iterable[_Union[TrackPlay, _Mapping]]] = ...) -> None: ...

class TrackPlay(_message.Message):
    __slots__ = ("user_id", "track_id", "timestamp", "signature", "city", "region", "country")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    CITY_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    track_id: str
    timestamp: _timestamp_pb2.Timestamp
    signature: str
    city: str
    region: str
    country: str
    def __init__(self, user_id: _Optional[str] = ..., track_id: _Optional[str] = ..., timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., signature: _Optional[str] = ..., city: _Optional[str] = ..., region: _Optional[str] = ..., country: _Optional[str] = ...) -> None: ...

class ManageEntityLegacy(_message.Message):
    __slots__ = ("user_id", "entity_type", "entity_id", "action", "metadata", "signature", "signer", "nonce")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ENTITY_TYPE_FIELD_NUMBER: _ClassVar[int]
    ENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    user_id: int
    entity_type: str
    entity_id: int
    action: str
    metadata: str
    signature: str
    signer: str
    nonce: str
    def __init__(self, user_id: _Optional[int] = ..., entity_type: _Optional[str] = ..., entity_id: _Optional[int] = ..., action: _Optional[str] = ..., metadata: _Optional[str] = ..., signature: _Optional[str] = ..., signer: _Optional[str] = ..., nonce: _Optional[str] = ...) -> None: ...

class ValidatorRegistrationLegacy(_message.Message):
    __slots__ = ("endpoint", "comet_address", "eth_block", "node_type", "sp_id", "pub_key", "power")
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    COMET_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    ETH_BLOCK_FIELD_NUMBER: _ClassVar[int]
    NODE_TYPE_FIELD_NUMBER: _ClassVar[int]
    SP_ID_FIELD_NUMBER: _ClassVar[int]
    PUB_KEY_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    endpoint: str
    comet_address: str
    eth_block: str
    node_type: str
    sp_id: str
    pub_key: bytes
    power: int
    def __init__(self, endpoint: _Optional[str] = ..., comet_address: _Optional[str] = ..., eth_block: _Optional[str] = ..., node_type: _Optional[str] = ..., sp_id: _Optional[str] = ..., pub_key: _Optional[bytes] = ..., power: _Optional[int] = ...) -> None: ...

class ValidatorMisbehaviorDeregistration(_message.Message):
    __slots__ = ("comet_address", "pub_key")
    COMET_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    PUB_KEY_FIELD_NUMBER: _ClassVar[int]
    comet_address: str
    pub_key: bytes
    def __init__(self, comet_address: _Optional[str] = ..., pub_key: _Optional[bytes] = ...) -> None: ...

class SlaRollup(_message.Message):
    __slots__ = ("timestamp", "block_start", "block_end", "reports")
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    BLOCK_START_FIELD_NUMBER: _ClassVar[int]
    BLOCK_END_FIELD_NUMBER: _ClassVar[int]
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    timestamp: _timestamp_pb2.Timestamp
    block_start: int
    block_end: int
    reports: _containers.RepeatedCompositeFieldContainer[SlaNodeReport]
    def __init__(self, timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., block_start: _Optional[int] = ..., block_end: _Optional[int] = ..., reports: _Optional[_Iterable[_Union[SlaNodeReport, _Mapping]]] = ...) -> None: ...

class SlaNodeReport(_message.Message):
    __slots__ = ("address", "num_blocks_proposed")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    NUM_BLOCKS_PROPOSED_FIELD_NUMBER: _ClassVar[int]
    address: str
    num_blocks_proposed: int
    def __init__(self, address: _Optional[str] = ..., num_blocks_proposed: _Optional[int] = ...) -> None: ...

class StorageProof(_message.Message):
    __slots__ = ("height", "address", "prover_addresses", "cid", "proof_signature")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    PROVER_ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    CID_FIELD_NUMBER: _ClassVar[int]
    PROOF_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    height: int
    address: str
    prover_addresses: _containers.RepeatedScalarFieldContainer[str]
    cid: str
    proof_signature: bytes
    def __init__(self, height: _Optional[int] = ..., address: _Optional[str] = ..., prover_addresses: _Optional[_Iterable[str]] = ..., cid: _Optional[str] = ..., proof_signature: _Optional[bytes] = ...) -> None: ...

class StorageProofVerification(_message.Message):
    __slots__ = ("height", "proof")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    height: int
    proof: bytes
    def __init__(self, height: _Optional[int] = ..., proof: _Optional[bytes] = ...) -> None: ...

class Attestation(_message.Message):
    __slots__ = ("signatures", "validator_registration", "validator_deregistration")
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    VALIDATOR_REGISTRATION_FIELD_NUMBER: _ClassVar[int]
    VALIDATOR_DEREGISTRATION_FIELD_NUMBER: _ClassVar[int]
    signatures: _containers.RepeatedScalarFieldContainer[str]
    validator_registration: ValidatorRegistration
    validator_deregistration: ValidatorDeregistration
    def __init__(self, signatures: _Optional[_Iterable[str]] = ..., validator_registration: _Optional[_Union[ValidatorRegistration, _Mapping]] = ..., validator_deregistration: _Optional[_Union[ValidatorDeregistration, _Mapping]] = ...) -> None: ...

class ValidatorRegistration(_message.Message):
    __slots__ = ("delegate_wallet", "endpoint", "node_type", "sp_id", "eth_block", "comet_address", "pub_key", "power", "deadline")
    DELEGATE_WALLET_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    NODE_TYPE_FIELD_NUMBER: _ClassVar[int]
    SP_ID_FIELD_NUMBER: _ClassVar[int]
    ETH_BLOCK_FIELD_NUMBER: _ClassVar[int]
    COMET_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    PUB_KEY_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    delegate_wallet: str
    endpoint: str
    node_type: str
    sp_id: str
    eth_block: int
    comet_address: str
    pub_key: bytes
    power: int
    deadline: int
    def __init__(self, delegate_wallet: _Optional[str] = ..., endpoint: _Optional[str] = ..., node_type: _Optional[str] = ..., sp_id: _Optional[str] = ..., eth_block: _Optional[int] = ..., comet_address: _Optional[str] = ..., pub_key: _Optional[bytes] = ..., power: _Optional[int] = ..., deadline: _Optional[int] = ...) -> None: ...

class ValidatorDeregistration(_message.Message):
    __slots__ = ("comet_address", "pub_key", "deadline")
    COMET_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    PUB_KEY_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    comet_address: str
    pub_key: bytes
    deadline: int
    def __init__(self, comet_address: _Optional[str] = ..., pub_key: _Optional[bytes] = ..., deadline: _Optional[int] = ...) -> None: ...

class NewReleaseMessage(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RewardMessage(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FileUpload(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
